import 'reflect-metadata';
import { runService } from '@skald/participant';
import { loadConfig } from './config.js';
import { startInventory } from './inventory.js';

await runService('inventory', async () => startInventory(loadConfig()));
