// Describes a release for krew, which installs plugins of kubectl, and for Homebrew.
import { stringify } from 'yaml';

const about = 'Log in to Kubernetes clusters through a Sallyport gateway';

const architectures = { x64: { krew: 'amd64', homebrew: 'on_intel' }, arm64: { krew: 'arm64', homebrew: 'on_arm' } };
const systems = { linux: 'on_linux', darwin: 'on_macos' };

/** Returns the system and the architecture of a platform. */
const partsOf = (platform) => platform.split('-');

/**
 * Returns the manifest of the plugin `kubectl sallyport`. `archives` are those without links, because krew unpacks no
 * links: pairs of a platform and `{ top, url, sha256 }`, where `top` is the directory in the archive.
 */
export function krewManifest({ archives, version, homepage }) {
  const platforms = archives.map(([platform, { top, url, sha256 }]) => {
    const [os, architecture] = partsOf(platform);
    return {
      selector: { matchLabels: { os, arch: architectures[architecture].krew } },
      uri: url,
      sha256,
      files: [{ from: `${top}/*`, to: '.' }],
      bin: 'bin/sallyport-exec-credential',
    };
  });
  const spec = {
    version: `v${version}`,
    homepage,
    shortDescription: 'Log in to clusters behind a Sallyport gateway',
    description: `${about}: it writes kubeconfigs, gives\nkubectl its credential, asks for more rights for a limited time, and checks policies.\n`,
    caveats:
      'Log in and write the kubeconfig:\n  kubectl sallyport login gate.example.com\n  kubectl sallyport kubeconfig --merge\nWhere Sallyport says "sallyport", type "kubectl sallyport".\n',
    platforms,
  };
  const manifest = {
    apiVersion: 'krew.googlecontainertools.github.com/v1alpha2',
    kind: 'Plugin',
    metadata: { name: 'sallyport' },
    spec,
  };
  return stringify(manifest, { lineWidth: 0 });
}

/** Returns what a formula downloads for the platforms of one system. */
function downloadsOf(system, archives) {
  const own = archives.filter(([platform]) => partsOf(platform)[0] === system);
  const blocks = own.map(([platform, { url, sha256 }]) => {
    const { homebrew } = architectures[partsOf(platform)[1]];
    return `    ${homebrew} do\n      url ${quote(url)}\n      sha256 ${quote(sha256)}\n    end\n`;
  });
  return blocks.length === 0 ? '' : `  ${systems[system]} do\n${blocks.join('')}  end\n\n`;
}

/** Returns a string of Ruby in which nothing is replaced. */
const quote = (text) => `"${text.replaceAll(/[\\"#]/g, String.raw`\$&`)}"`;

/** Returns the formula. `archives` are pairs of a platform and `{ url, sha256 }`. */
export const homebrewFormula = ({ archives, version, homepage }) => `class Sallyport < Formula
  desc ${quote(about)}
  homepage ${quote(homepage)}
  version ${quote(version)}
  license "Apache-2.0"

${Object.keys(systems)
  .map((system) => downloadsOf(system, archives))
  .join('')}  def install
    libexec.install Dir["*"]
    bin.install_symlink libexec/"bin/sallyport", libexec/"bin/sallyport-exec-credential"
    man1.install_symlink libexec/"share/man/man1/sallyport.1"
    generate_completions_from_executable(bin/"sallyport", "completion")
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/sallyport version --client")
  end
end
`;
