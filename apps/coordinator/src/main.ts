import 'reflect-metadata';
import { loadConfig } from './config.js';
import { startCoordinator } from './coordinator.js';
import { runProcess } from './process.js';

await runProcess(async () => startCoordinator(loadConfig()));
