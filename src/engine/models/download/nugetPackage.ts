import * as z from 'zod';
import { FeaturescopeError, modelError } from '../../../protocol/errors.ts';
import type { PlannedFile } from './downloadPlan.ts';
import { hubFailure, statusFailure } from './hubClient.ts';
import type { TransferSource } from './transferFile.ts';

/** One version of a package at a NuGet server: a ZIP, its size and the hash that the server publishes. */
export interface NugetPackage {
  readonly source: TransferSource;
  readonly file: PlannedFile;
}

const indexSchema = z.object({
  resources: z.array(z.object({ '@id': z.url(), '@type': z.string() })),
});
const leafSchema = z.object({ catalogEntry: z.url() });
const entrySchema = z.object({
  packageHash: z.base64(),
  packageHashAlgorithm: z.literal('SHA512'),
  packageSize: z.int().positive(),
});
/** An index of packages has a few kilobytes. */
const jsonBytesMax = 4 * 2 ** 20;

/**
 * Asks a NuGet server for one version of a package.
 *
 * @param indexUrl the server's service index: `https://api.nuget.org/v3/index.json`, or a mirror's
 * @throws `model` when the server cannot be asked, does not have it, or publishes no hash
 * @source https://learn.microsoft.com/nuget/api/overview: service index, package content, registration and catalog
 */
export async function findNugetPackage(
  indexUrl: string,
  id: string,
  version: string,
  signal: AbortSignal,
): Promise<NugetPackage> {
  const name = id.toLowerCase();
  const what = `${id} ${version}`;
  const read = <T>(url: string, schema: z.ZodType<T>): Promise<T> =>
    readJson(url, schema, { indexUrl, what, signal });
  const { resources } = await read(indexUrl, indexSchema);
  const baseOf = (type: string): string => {
    const found = resources.find((resource) => resource['@type'] === type)?.['@id'];
    if (found === undefined) throw modelError(`${indexUrl} names no ${type}: it is no NuGet server.`);
    return found.replace(/\/*$/, '/');
  };
  const content = baseOf('PackageBaseAddress/3.0.0');
  const registration = baseOf('RegistrationsBaseUrl/3.6.0');
  const { catalogEntry } = await read(`${registration}${name}/${version}.json`, leafSchema);
  const { packageHash, packageSize } = await read(catalogEntry, entrySchema);
  const path = `${name}.${version}.nupkg`;
  return {
    source: { repo: id, urlOf: () => `${content}${name}/${version}/${path}` },
    file: {
      ...{ path, sizeBytes: packageSize },
      hash: { kind: 'sha512', hex: Buffer.from(packageHash, 'base64').toString('hex') },
    },
  };
}

async function readJson<T>(
  url: string,
  schema: z.ZodType<T>,
  { indexUrl, what, signal }: { indexUrl: string; what: string; signal: AbortSignal },
): Promise<T> {
  let text: string;
  try {
    const response = await fetch(url, { signal });
    if (!response.ok) throw statusFailure(response.status, what, indexUrl, false);
    text = await response.text();
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof FeaturescopeError) throw error;
    throw hubFailure(error, what, indexUrl, false);
  }
  try {
    if (text.length > jsonBytesMax) throw new Error(`${String(text.length)} bytes`);
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw modelError(`${url} does not say what a NuGet server says of ${what}.`, { cause: error });
  }
}
