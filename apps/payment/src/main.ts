import 'reflect-metadata';
import { runService } from '@skald/participant';
import { loadConfig } from './config.js';
import { startPayment } from './payment.js';

await runService('payment', async () => startPayment(loadConfig()));
