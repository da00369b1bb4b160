import { randomBytes } from 'node:crypto';

export interface PanelPage {
  readonly title: string;
  readonly cspSource: string;
  readonly scriptUri: string;
  readonly styleUris: readonly string[];
  /** It shows pictures from files of the extension's folders. */
  readonly hasPictures?: boolean;
}

/** The page of a panel: one script with a nonce, our style sheets, and nothing else from anywhere. */
export function panelPage({
  title,
  cspSource,
  scriptUri,
  styleUris,
  hasPictures,
}: PanelPage): string {
  const nonce = randomBytes(16).toString('base64');
  const policy = [
    `default-src 'none'`,
    `script-src 'nonce-${nonce}'`,
    `style-src ${cspSource}`,
    `font-src ${cspSource}`,
    ...(hasPictures ? [`img-src ${cspSource}`] : []),
  ].join('; ');
  const links = styleUris.map((uri) => `<link rel="stylesheet" href="${uri}">`).join('\n');
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
${links}
</head>
<body>
<main id="root"></main>
<script nonce="${nonce}" src="${scriptUri}"></script>
</body>
</html>`;
}
