/** What was typed in a terminal, and all that it then showed. */
export type Typed = { command: string; shown: string };

const columns = 100;
const [columnWidth, rowHeight, gap, fontSize, padding] = [7.8, 19, 8, 13, 16];

type Row = { text: string; isCommand: boolean };

/** Breaks lines between words. A terminal would break within them. */
function rowsOf({ command, shown }: Typed): Row[] {
  const lines = shown.replaceAll('\r', '').trimEnd().split('\n');
  return [`$ ${command}`, ...lines].flatMap((line, index) =>
    (line.match(new RegExp(`.{1,${columns}}(?:\\s|$)`, 'g')) ?? ['']).map((text) => ({
      text: text.trimEnd(),
      isCommand: index === 0,
    })),
  );
}

const escapeXml = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

function drawRow({ text, isCommand }: Row, y: number): string {
  // The width is set, because each machine has another font.
  const width = (text.length * columnWidth).toFixed(1);
  const kind = isCommand ? ' class="command"' : '';
  // The command that a message advises.
  const marked = escapeXml(text).replace(/(?<=^|\brun: )sallyport .*/, '<tspan class="advice">$&</tspan>');
  return `  <text x="${padding}" y="${y}" textLength="${width}" lengthAdjust="spacingAndGlyphs"${kind}>${marked}</text>`;
}

/**
 * Draws a terminal as an SVG: readable on light and on dark pages, with text that can be selected, and with fonts that
 * every machine has.
 */
export function drawTerminal(title: string, typed: readonly Typed[]): string {
  let y = padding - gap;
  const drawn = typed.flatMap(rowsOf).map((row) => {
    if (row.isCommand) y += gap;
    y += rowHeight;
    return drawRow(row, y - 0.25 * rowHeight);
  });
  const [width, height] = [columns * columnWidth + 2 * padding, y + padding];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
  <title>${escapeXml(title)}</title>
  <style>
    rect { fill: #f6f8fa; stroke: #d0d7de; }
    text { font: ${fontSize}px ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', monospace; fill: #1f2328; white-space: pre; }
    .command { font-weight: bold; fill: #0550ae; }
    .advice { fill: #116329; }
    @media (prefers-color-scheme: dark) {
      rect { fill: #161b22; stroke: #3d444d; }
      text { fill: #e6edf3; }
      .command { fill: #79c0ff; }
      .advice { fill: #7ee787; }
    }
  </style>
  <rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>
${drawn.join('\n')}
</svg>
`;
}
