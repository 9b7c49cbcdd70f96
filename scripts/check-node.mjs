// Checks the Node.js that runs npm, before anything is installed. Plain JavaScript for Node 20.
import process from 'node:process';

const major = Number(process.versions.node.split('.')[0]);
if (major < 20) {
  console.error(
    `Sallyport needs Node.js 20 or newer to install (it brings its own Node.js 24 to run on); this is ${process.versions.node}.`,
  );
  console.error("Install a current Node.js from your system's packages or https://nodejs.org, then try again.");
  process.exit(1);
}
