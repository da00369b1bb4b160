import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Chromium brings a Vulkan that computes in software, and the loader for it. */
const folders = ['/usr/lib/chromium', '/usr/lib/chromium-browser', '/opt/google/chrome'];
const icdName = 'vk_swiftshader_icd.json';
const loaderName = 'libvulkan.so.1';

/**
 * Puts the environment in order in which children of this process find a software Vulkan: WebGPU works there, a hundred
 * times slower than the CPU.
 */
export class SoftwareVulkan {
  readonly #folder = folders.find((folder) =>
    [icdName, loaderName].every((name) => existsSync(join(folder, name))),
  );
  readonly #before = { ...process.env };
  #loaderDir: string | undefined;

  get isThere(): boolean {
    return process.platform === 'linux' && this.#folder !== undefined;
  }

  use(): void {
    if (this.#folder === undefined) return;
    // A folder with the loader alone: others of the browser's libraries must not be found.
    this.#loaderDir = mkdtempSync(join(tmpdir(), 'vulkan-'));
    symlinkSync(join(this.#folder, loaderName), join(this.#loaderDir, loaderName));
    Object.assign(process.env, {
      VK_DRIVER_FILES: join(this.#folder, icdName),
      LD_LIBRARY_PATH: this.#loaderDir,
      XDG_RUNTIME_DIR: dirname(this.#loaderDir),
    });
  }

  remove(): void {
    for (const name of ['VK_DRIVER_FILES', 'LD_LIBRARY_PATH', 'XDG_RUNTIME_DIR']) {
      const value = this.#before[name];
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
    if (this.#loaderDir !== undefined) rmSync(this.#loaderDir, { recursive: true });
  }
}
