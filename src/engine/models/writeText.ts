import writeFileAtomic from 'write-file-atomic';

/** A text file that is either the old one or the new one, never half. */
export const writeText = (path: string, text: string): Promise<void> => writeFileAtomic(path, text);
