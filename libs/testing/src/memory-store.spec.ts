import { storeConformance } from './conformance/store.js';
import { MemoryDatabase, MemoryStore } from './memory-store.js';

storeConformance('memory', () => {
  const database = new MemoryDatabase();
  return Promise.resolve({
    open: () => new MemoryStore(database),
    tearDown: () => Promise.resolve(),
  });
});
