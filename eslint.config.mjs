import eslint from '@eslint/js';
import globals from 'globals';
import tseslint from 'typescript-eslint';
import { wallConfigs } from './test/house/wallPatterns.mjs';

const typescript = ['**/*.ts'];
const tests = ['**/*.test.ts', 'test/**/*.ts'];

export default tseslint.config(
  {
    ignores: [
      ...['dist/', 'out/', 'models/', 'training/', 'test/golden/', 'test/.artifacts/'],
      'src/engine/onnx/generated/',
    ],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  eslint.configs.recommended,
  {
    files: ['**/*.{mjs,cjs,js}'],
    languageOptions: { globals: globals.node },
  },
  {
    files: typescript,
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: {
        project: ['./tsconfig.json', './webview/tsconfig.json', './test/tsconfig.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      // Numbers and booleans print as a person expects; objects do not.
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      // `record['key']` says that the key may not be there.
      '@typescript-eslint/dot-notation': ['error', { allowIndexSignaturePropertyAccess: true }],
      // An empty string is often as good as none, and `||` says so.
      '@typescript-eslint/prefer-nullish-coalescing': [
        'error',
        { ignorePrimitives: { string: true } },
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: 'ExportDefaultDeclaration',
          message: 'Named exports only: one name for a thing everywhere (ARCHITECTURE.md).',
        },
        {
          selector: 'ExportAllDeclaration',
          message: 'No barrels: import from the file that has it (ARCHITECTURE.md).',
        },
      ],
    },
  },
  {
    files: ['src/numerics/**/*.ts', 'src/engine/**/*.ts', 'webview/**/*.ts', ...tests],
    rules: {
      // noUncheckedIndexedAccess makes every typed-array element possibly undefined; inside a loop's own bounds `!` says so.
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  {
    files: tests,
    rules: {
      // Fakes have methods that need not wait.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-empty-function': 'off',
    },
  },
  {
    // Splitting is due; test/house stops a file at 600.
    rules: { 'max-lines': ['warn', { max: 400 }] },
  },
  {
    files: ['src/host/extension.ts', 'src/*/main.ts'],
    rules: { 'max-lines': ['error', { max: 60 }] },
  },
  ...wallConfigs,
);
