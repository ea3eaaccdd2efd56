/** @type {import('jest').Config} */
export default {
  roots: ['libs', 'apps', 'migrations', 'test', 'tools', 'bench'].map(
    (name) => `<rootDir>/${name}`,
  ),
  testMatch: ['**/*.spec.ts', '**/*.property.ts'],
  modulePathIgnorePatterns: ['/dist/'],
  moduleFileExtensions: ['ts', 'tsx', 'js', 'cjs', 'mjs', 'json', 'node'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': '@swc/jest' },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  testEnvironmentOptions: {
    // Workspace packages are tested from their sources. Jest itself adds import or require.
    customExportConditions: ['@skald/source', 'node', 'default'],
  },
  globalSetup: '<rootDir>/test/setup/global-setup.mjs',
  globalTeardown: '<rootDir>/test/setup/global-teardown.mjs',
  maxWorkers: 2,
  // Jest keeps what modules of past suites hold: without this a worker grew to 2.7 GB, and took too long to end.
  workerIdleMemoryLimit: '1GB',
  testTimeout: 30_000,
};
