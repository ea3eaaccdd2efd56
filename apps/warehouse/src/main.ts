import 'reflect-metadata';
import { runService } from '@skald/participant';
import { loadConfig } from './config.js';
import { startWarehouse } from './warehouse.js';

await runService('warehouse', async () => startWarehouse(loadConfig()));
