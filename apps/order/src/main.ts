import 'reflect-metadata';
import { runService } from '@skald/participant';
import { loadConfig } from './config.js';
import { startOrder } from './order.js';

await runService('order', async () => startOrder(loadConfig()));
