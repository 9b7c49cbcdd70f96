// Checks the version of Node.js that runs npm, before anything is installed. Must run on old versions of Node.js.
import process from 'node:process';

const major = Number(process.versions.node.split('.')[0]);
if (major < 20) {
  console.error(
    `Installing Sallyport needs Node.js 20 or newer, but this is Node.js ${process.versions.node}. (Sallyport runs on a Node.js 24 that the install adds.)`,
  );
  console.error("Install a current Node.js from your system's packages or from https://nodejs.org, then try again.");
  process.exit(1);
}
