import { Option } from 'commander';
import { providerWishes } from '../protocol/provider.ts';

/** `--provider`: what computes, the same words in every command. */
export const providerOption = (): Option =>
  new Option('--provider <name>', 'execution provider; auto: the CPU, or what is faster and exact')
    .choices(providerWishes)
    .default('auto');
