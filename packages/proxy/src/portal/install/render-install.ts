import {
  html,
  renderAboutFingerprint,
  renderCommand,
  renderLogin,
  type Html,
  type ShownGateway,
} from '@sallyport/pages';
import type { Offer } from './offers.ts';

/** What the page shows besides the offers. */
export type InstallPage = ShownGateway & {
  version: string;
  own: readonly Offer[];
  others: readonly Offer[];
  /** Whether the files are below a URL of somebody else, which programs can reach and trust. */
  isElsewhere: boolean;
  /** Whether the files are still being checked. */
  isChecking: boolean;
};

const nothing: Html = { markup: '' };
const sizeOf = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;

/** Returns the command that unpacks or installs, and how the program is called afterwards. */
function unpack({ name, href, system }: Offer, mayFetch: boolean): { command: string; program: string } {
  if (system === undefined)
    return { command: `npm install --global ${mayFetch ? href : `./${name}`}`, program: 'sallyport' };
  const top = name.replace(/\.(?:tar\.gz|zip)$/, '');
  // What PowerShell calls curl is another program.
  if (system === 'windows') return { command: `tar -xf ${name}`, program: `.\\${top}\\bin\\sallyport` };
  const command = `tar -xzf ${name}`;
  return { command: mayFetch ? `curl -fsSLO ${href} && ${command}` : command, program: `./${top}/bin/sallyport` };
}

const sumCommands = { linux: 'sha256sum', darwin: 'shasum -a 256', windows: 'certutil -hashfile' };

/** Renders the facts about a file: where it is, its size and its checksum. */
function renderFile({ name, href, size, sha256, system }: Offer): Html {
  const check = system === undefined ? nothing : html` (<code>${sumCommands[system]}</code>)`;
  return html`<p><a href="${href}" download>${name}</a>${size === undefined ? nothing : html`, ${sizeOf(size)}`}</p>
${sha256 === undefined ? nothing : html`<p class="quiet">SHA-256${check}: <code>${sha256}</code></p>\n`}`;
}

/** Renders a file, and what to type with it. */
function renderOffer(offer: Offer, page: InstallPage): Html {
  const mayFetch = page.isElsewhere || !page.isPrivate;
  const { command, program } = unpack(offer, mayFetch);
  const isFetched = mayFetch && offer.system !== 'windows';
  return html`${renderFile(offer)}${isFetched ? nothing : html`<p>Download the file with the link above. Then open a terminal in the directory in which your browser has saved it.</p>\n`}<ol class="commands">
<li>${renderCommand(command)}</li>
<li>${renderLogin(page, program)}</li>
</ol>
<p>Then add your clusters to kubectl, which works as usual from then on:</p>
<ol class="commands">
<li>${renderCommand(`${program} kubeconfig --merge`)}</li>
<li>${renderCommand('kubectl get pods')}</li>
</ol>
${offer.system === 'darwin' && !isFetched ? html`<p class="quiet">If macOS refuses to start the program, type <code>xattr -dr com.apple.quarantine ${offer.name.replace('.tar.gz', '')}</code> first.</p>\n` : nothing}`;
}

const renderMissing = (page: InstallPage) => html`${
  page.isChecking
    ? html`<p class="note">The files are being checked. Reload this page in a moment.</p>`
    : html`<p>The program is not on this gateway. Ask its operator for version ${page.version}: an archive for your system, or the npm package <code>sallyport-${page.version}.tgz</code>.</p>`
}
<p>When you have it, log in:</p>
<p>${renderLogin(page)}</p>
${renderAboutFingerprint(page)}`;

const back = html`<p><a href="/">Start page</a></p>`;

/** Renders the page that offers the command line: first what the visitor needs, then everything else. */
export function renderInstall(page: InstallPage): Html {
  const { own, others, version } = page;
  if (own.length === 0 && others.length === 0) return html`${renderMissing(page)}${back}`;
  const heading = ({ title }: Offer) => (own.length > 1 ? html`<h3>${title}</h3>\n` : nothing);
  const [forWhom = ''] = own.map(({ title }) => (own.length > 1 ? title.replace(/,.*/, '') : title));
  return html`<p>The program <code>sallyport</code>, version ${version}, logs you in and gives kubectl its credential.</p>
${renderAboutFingerprint(page)}<h2>For ${forWhom}</h2>
${own.map((one) => html`${heading(one)}${renderOffer(one, page)}`)}${
    others.length === 0
      ? nothing
      : html`<h2>For other systems</h2>
${others.map((one) => html`<details><summary>${one.title}</summary>\n${renderOffer(one, page)}</details>\n`)}`
  }${back}`;
}
