// npm run verify: everything that can be said about the code without running it, as CI does.
import { ensureInstalled } from './launcher/install.mjs';
import { verify } from './verify/verify.mjs';

ensureInstalled();
process.exitCode = (await verify()) ? 0 : 1;
