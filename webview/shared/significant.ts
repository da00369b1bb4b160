export { significant } from '../../src/numerics/significant.ts';
