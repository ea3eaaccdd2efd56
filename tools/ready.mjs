// node tools/ready.mjs: exit code 0 when the app of this container takes work. For health checks.
const url = `http://127.0.0.1:${process.env['PORT']}/health/ready`;
const response = await fetch(url).catch(() => undefined);
process.exitCode = response?.ok ? 0 : 1;
