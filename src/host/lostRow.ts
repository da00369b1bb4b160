/** `contributes.menus` of package.json, as far as it is asked here. */
export type Menus = Readonly<Record<string, readonly { readonly command: string }[]>>;

/** Commands of tree rows that no title bar has: those that always get the row that they are called on. */
export function rowCommandsOf(menus: Menus): ReadonlySet<string> {
  const commandsOf = (menu: string): string[] => (menus[menu] ?? []).map(({ command }) => command);
  const inTitles = new Set(commandsOf('view/title'));
  return new Set(commandsOf('view/item/context').filter((command) => !inTitles.has(command)));
}

/**
 * True when VS Code called a row's command without the row: it knows no row of a tree while the tree is read again.
 *
 * @param given the command's arguments: none from the palette and from keys, the row and the selection from a tree
 */
export function isLostRow(given: readonly unknown[]): boolean {
  const [target, selected] = given;
  const isOfTree = selected === undefined || Array.isArray(selected);
  return given.length > 1 && isOfTree && (target === undefined || target === null);
}
