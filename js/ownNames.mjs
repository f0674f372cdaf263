/**
 * The property names that are this project's own, which the build may shorten.
 *
 * Left alone is every name that somebody else knows: members of the browser's and Preact's types,
 * of `types.ts` and of `dataset`, words that stand in quotes, words of the locale files, and words
 * of the kernel's code, which travel.
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

/** The words of Python code, without its comments and docstrings, and of the locale files. */
function kernelWords() {
  const words = new Set();
  for (const file of filesUnder(join(KERNEL, "locale"), /\.json$/)) {
    for (const [word] of readFileSync(file, "utf8").matchAll(/\w+/g)) words.add(word);
  }
  for (const file of filesUnder(KERNEL, /\.py$/)) {
    const code = readFileSync(file, "utf8")
      .replace(/"""[\s\S]*?"""/g, "")
      .replace(/#.*/g, "");
    for (const [word] of code.matchAll(/[A-Za-z_]\w*/g)) words.add(word);
  }
  return words;
}

function visit(node, see) {
  see(node);
  ts.forEachChild(node, (child) => visit(child, see));
}

export function ownNames() {
  const files = filesUnder(SOURCES, /\.tsx?$/);
  const config = ts.readConfigFile(join(import.meta.dirname, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, import.meta.dirname);
  const own = new Set();
  const known = kernelWords();
  for (const source of ts.createProgram(files, options).getSourceFiles()) {
    const ours = files.includes(source.fileName) && !source.fileName.endsWith("/types.ts");
    visit(source, (node) => {
      const { name } = node;
      if (name && (ts.isIdentifier(name) || ts.isStringLiteral(name))) {
        if (ours && !ts.isVariableDeclaration(node)) own.add(name.text);
        if (!ours) known.add(name.text);
      }
      if (
        ours &&
        ts.isPropertyAccessExpression(node) &&
        /\bdataset$/.test(node.expression.getText(source))
      ) {
        known.add(name.text);
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
