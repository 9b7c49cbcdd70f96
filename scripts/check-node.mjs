// Checks the version of Node.js that runs npm, before anything is installed. Must run on old versions of Node.js.
import process from 'node:process';

// npm has a Node.js 24 for these, which the install adds. Everywhere else, Sallyport runs on the Node.js of the machine.
const brought = ['linux-x64', 'linux-arm64', 'win32-x64'];
const platform = `${process.platform}-${process.arch}`;
const needed = brought.includes(platform) ? 20 : 24;
const { node } = process.versions;

if (Number(node.split('.')[0]) < needed) {
  const why =
    needed === 20
      ? 'Sallyport runs on a Node.js 24 that the install adds.'
      : `npm has no Node.js 24 package for ${platform}, so Sallyport runs on that of the machine.`;
  console.error(`Installing Sallyport needs Node.js ${needed} or newer, but this is Node.js ${node}. (${why})`);
  console.error(
    process.platform === 'darwin'
      ? 'Install it from https://nodejs.org or with "brew install node@24", then try again.'
      : "Install a current Node.js from your system's packages or from https://nodejs.org, then try again.",
  );
  process.exit(1);
}
