import { defineConfig } from 'eslint/config';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

const SPECS = ['**/*.spec.ts', '**/*.property.ts'];

const noEnvironment = {
  object: 'process',
  property: 'env',
  message: 'The environment is read once, in config.ts, and handed down.',
};

const pureCore = [
  {
    selector: "NewExpression[callee.name='Date'][arguments.length=0]",
    message: 'Time is an input: pass it in the event.',
  },
  {
    selector: ':function[async=true]',
    message: 'The core is synchronous; I/O belongs to the engine.',
  },
];

const noSpread = {
  selector: ':matches(ObjectExpression > SpreadElement, ObjectPattern > RestElement)',
  message: 'Made for every command or reply: name the members, a spread costs microseconds (0019).',
};

export default defineConfig(
  {
    ignores: [
      '**/node_modules',
      '**/dist',
      '.cache',
      '.skald',
      'coverage',
      'bench/results',
      '**/*.gen.d.ts',
    ],
  },
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      complexity: ['error', 12],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      'max-params': ['error', 4],
      'no-restricted-properties': ['error', noEnvironment],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': 'off',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_' },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // Nest's modules and controllers are classes that live by their decorators.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
    },
  },
  {
    files: ['apps/dashboard/src/**/*.{ts,tsx}'],
    extends: [reactHooks.configs.flat.recommended],
  },
  {
    files: ['libs/core/**/*.ts'],
    ignores: SPECS,
    rules: {
      'no-restricted-globals': [
        'error',
        'process',
        'setTimeout',
        'setInterval',
        'setImmediate',
        'queueMicrotask',
        'performance',
        'crypto',
        'fetch',
        'console',
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'Time is an input: pass it in the event.' },
        {
          object: 'Math',
          property: 'random',
          message: 'Chance is an input: pass it in the event.',
        },
      ],
      'no-restricted-syntax': ['error', ...pureCore],
    },
  },
  {
    files: ['libs/core/src/wire/*.ts'],
    ignores: SPECS,
    rules: { 'no-restricted-syntax': ['error', ...pureCore, noSpread] },
  },
  {
    files: [
      'libs/transport-http/src/envelope.ts',
      'libs/transport-kafka/src/{parcels,kafka-replies}.ts',
      'libs/transport-kafka/src/bus/{kafkajs-fetch,record-batches}.ts',
      'libs/participant/src/{handler-context,kafka/kafka-intake}.ts',
      'libs/participant/src/server/{executor,batch-work}.ts',
    ],
    rules: { 'no-restricted-syntax': ['error', noSpread] },
  },
  {
    files: ['**/config.ts', 'tools/**', 'bench/**', 'test/**'],
    rules: { 'no-restricted-properties': 'off' },
  },
  {
    files: SPECS,
    rules: {
      'max-lines': ['error', { max: 300 }],
      'max-lines-per-function': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-invalid-void-type': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
    },
  },
  {
    // Types are checked by tsc over the JSDoc; what remains here is taste that needs TypeScript's syntax.
    files: ['**/*.{js,cjs,mjs}'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { parserOptions: { projectService: false } },
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
);
