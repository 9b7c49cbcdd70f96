// Makes the notes of a release from CHANGELOG.md, and finds its part of the page about upgrades.

const places = { changelog: 'CHANGELOG.md', upgrades: 'docs/operations/upgrade.md' };

/** Returns the text of a section and the date in its heading, or undefined if there is no such section. */
function findSection(page, level, title) {
  const heading = `^#{${level}} ${RegExp.escape(title)}(?:, (?<date>\\d{4}-\\d{2}-\\d{2}))?$`;
  const end = `(?=^#{1,${level}} |(?![^]))`;
  const { date, text } = new RegExp(`${heading}(?<text>[^]*?)${end}`, 'm').exec(page)?.groups ?? {};
  return text === undefined ? undefined : { date, text: text.trim() };
}

function requireSection(page, level, title, place) {
  const found = findSection(page, level, title);
  if (found === undefined || found.text === '')
    throw new Error(
      `${place} has ${found === undefined ? 'no section' : 'nothing in its section'} "${title}". Write what users and operators must know.`,
    );
  return found;
}

/**
 * Says who signs a release, or that no one does. It is the same for a build without the private key, which must result in
 * the same bytes.
 */
const signatureLine = (keys) =>
  keys.length === 0
    ? '**Not signed.** Nothing proves who has built these files.'
    : `Signed with a key of these: ${keys.map((key) => `\`${key}\``).join(', ')}. Without \`SHA256SUMS.minisig\`, it is not signed.`;

/**
 * Returns the notes of a version as Markdown, and whether it is released: whether CHANGELOG.md has a section with its date
 * and nothing that is newer. Before that, the notes are those of what is `Unreleased`. Throws if there is nothing to say,
 * or if the page about upgrades has no section for it. `repository` is the URL of the sources, and `keys` are the
 * public keys of signatures.
 */
export function releaseNotes({ changelog, upgrades, version, repository, keys }) {
  const isReleased = (findSection(changelog, 2, 'Unreleased')?.text ?? '') === '';
  const title = isReleased ? version : 'Unreleased';
  const { date, text } = requireSection(changelog, 2, title, places.changelog);
  if (isReleased && date === undefined) throw new Error(`${places.changelog} does not date the section "${title}".`);
  requireSection(upgrades, 3, title, places.upgrades);
  const pages = `${repository}/blob/${isReleased ? `v${version}` : 'main'}`;
  const anchor = title.toLowerCase().replaceAll('.', '');
  const notes = `# Sallyport ${version}

${isReleased ? `Released on ${date}.` : 'Not a release: built from sources that are newer than the last one.'}
${signatureLine(keys)}

- [What to do when you upgrade](${pages}/${places.upgrades}#${anchor})
- [How to verify what you download](${pages}/docs/install.md#verify-a-release)

${text.replaceAll(/^##(?=#)/gm, '#')}
`;
  return { notes, isReleased };
}
