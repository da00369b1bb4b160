import { InvalidArgumentError } from 'commander';

/** An option's parser: any finite number. Ranges are the engine's, which knows the model. */
export function number(name: string): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isFinite(value)) {
      throw new InvalidArgumentError(`${name} must be a number, not "${text}".`);
    }
    return value;
  };
}

/** An option's parser: names separated by commas. */
export function nameList(text: string): readonly string[] {
  return text.split(',').map((name) => name.trim());
}

/** An option's parser: numbers separated by commas. */
export function numberList(name: string): (text: string) => readonly number[] {
  const one = number(name);
  return (text) => text.split(',').map((part) => one(part));
}
