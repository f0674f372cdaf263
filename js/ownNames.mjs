/**
 * The property names that are this project's own, which the build may shorten.
 *
 * Left alone is every name that somebody else knows: members of the browser's and Preact's types,
 * of `types.ts` and of `dataset`, keys of tables, words that stand in quotes, words of the locale files, and what
 * the kernel's code quotes, declares or passes by name, which may travel.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

const SOURCES = join(import.meta.dirname, "src");
const KERNEL = join(import.meta.dirname, "../panoptic_nb");

function filesUnder(folder, ending) {
  return readdirSync(folder, { recursive: true })
    .filter((name) => ending.test(name))
    .map((name) => join(folder, name))
    .sort();
}

/** What the kernel's code quotes or declares as a field, and the words of the locale files. */
function kernelWords() {
  const words = new Set();
  const add = (text, pattern) => {
    for (const [, word] of text.matchAll(pattern)) words.add(word);
  };
  for (const file of filesUnder(join(KERNEL, "locale"), /\.json$/)) {
    add(readFileSync(file, "utf8"), /(\w+)/g);
  }
  for (const file of filesUnder(KERNEL, /\.py$/)) {
    const code = readFileSync(file, "utf8")
      .replace(/"""[\s\S]*?"""/g, "")
      .replace(/#.*/g, "");
    add(code, /"(\w+)"/g);
    add(code, /^\s+(\w+):\s/gm);
    add(code, /(\w+)=/g);
  }
  return words;
}

/** Where names come from that the widget meets: the browser's types, Preact's, and `types.ts`. */
function isKnown(source) {
  return /\/typescript\/lib\/|\/preact\/|\/types\.ts$/.test(source.fileName);
}

function visit(node, see) {
  see(node);
  ts.forEachChild(node, (child) => visit(child, see));
}

/** The variables that something is looked up in by a name that is known only at run time. */
function lookedUp(sources) {
  const variables = new Set();
  for (const source of sources) {
    visit(source, (node) => {
      if (!ts.isElementAccessExpression(node)) return;
      if (ts.isIdentifier(node.expression)) variables.add(node.expression.text);
    });
  }
  return variables;
}

/** An object that is such a variable's, or is looked up in where it stands. */
function isTable(node, variables) {
  if (!ts.isObjectLiteralExpression(node)) return false;
  let { parent } = node;
  while (ts.isSatisfiesExpression(parent) || ts.isAsExpression(parent)) parent = parent.parent;
  if (ts.isElementAccessExpression(parent)) return true;
  return ts.isVariableDeclaration(parent) && variables.has(parent.name.getText());
}

export function ownNames() {
  const files = filesUnder(SOURCES, /\.tsx?$/);
  const config = ts.readConfigFile(join(import.meta.dirname, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, import.meta.dirname);
  const own = new Set();
  const known = kernelWords();
  const program = ts.createProgram(files, options);
  program.getTypeChecker(); // sets the parents of nodes
  const sources = program.getSourceFiles();
  const looked = lookedUp(sources.filter(({ fileName }) => files.includes(fileName)));
  for (const source of sources) {
    const ours = files.includes(source.fileName) && !source.fileName.endsWith("/types.ts");
    visit(source, (node) => {
      const { name } = node;
      if (name && (ts.isIdentifier(name) || ts.isStringLiteral(name))) {
        if (ours && !ts.isVariableDeclaration(node)) own.add(name.text);
        if (!ours && isKnown(source) && !ts.isParameter(node)) known.add(name.text);
      }
      if (
        ours &&
        ts.isPropertyAccessExpression(node) &&
        /\bdataset$/.test(node.expression.getText(source))
      ) {
        known.add(name.text);
      }
      if (ours && isTable(node, looked)) {
        for (const { name: key } of node.properties) if (key) known.add(key.text);
      }
      if (ours && ts.isStringLiteralLike(node)) known.add(node.text);
      // In `${a} word`, "word" may name a class that a flag of that name stands for.
      if (ours && node.text && ts.isTemplateMiddleOrTemplateTail(node)) {
        for (const word of node.text.split(/\W+/)) known.add(word);
      }
    });
  }
  return [...own].filter((name) => /^[A-Za-z]\w{2,}$/.test(name) && !known.has(name)).sort();
}
