import { findNodeAtLocation, type Node } from 'jsonc-parser';
import { Diagnostic, DiagnosticSeverity, Range, type TextDocument } from 'vscode';
import { FeaturescopeError } from '../../protocol/errors.ts';
import { parseExperimentTree } from '../../protocol/experimentTree.ts';
import { modelFaults } from './modelFaults.ts';

export type ChosenModel = Parameters<typeof modelFaults>[1];

/**
 * What is wrong with an experiment's text, at its place. What the JSON editor says itself (syntax, and all that the
 * published schema can say) is not said twice.
 *
 * @param chosen asked once the text is an experiment; undefined while it cannot be had
 */
export async function experimentDiagnostics(
  document: TextDocument,
  chosen: () => Promise<ChosenModel | undefined>,
): Promise<Diagnostic[]> {
  try {
    const { root, value, faults } = parseExperimentTree(document.getText());
    const own = faults.filter(({ isSyntax }) => !isSyntax);
    if (faults.length > 0 || !root) {
      return own.map((fault) => diagnostic(rangeOf(document, fault), fault.message));
    }
    const { checkExperiment, experimentIssues } =
      await import('../../protocol/experimentSchema.ts');
    const at = (path: readonly (string | number)[]): Range =>
      rangeOf(document, nearest(root, path));
    const issues = experimentIssues(value);
    if (issues.length > 0) {
      return issues
        .filter(({ isInSchema }) => !isInSchema)
        .map(({ path, message }) => diagnostic(at(path), message));
    }
    const model = await chosen();
    if (!model) return [];
    return modelFaults(checkExperiment(value, document.fileName), model).map((fault) => {
      const { Error, Warning } = DiagnosticSeverity;
      return diagnostic(at(fault.path), fault.message, fault.isOtherModel ? Warning : Error);
    });
  } catch (error) {
    return [diagnostic(new Range(0, 0, 0, 1), FeaturescopeError.from(error).message)];
  }
}

function diagnostic(
  range: Range,
  message: string,
  severity = DiagnosticSeverity.Error,
): Diagnostic {
  const made = new Diagnostic(range, message, severity);
  made.source = 'Featurescope';
  return made;
}

/** The value at a path, or what of the way to it there is; a whole object is marked by its first character. */
function nearest(
  root: Node,
  path: readonly (string | number)[],
): { offset: number; length: number } {
  for (let length = path.length; length >= 0; length--) {
    const node = findNodeAtLocation(root, path.slice(0, length));
    if (!node) continue;
    const isWhole = node.type === 'object' || node.type === 'array';
    return { offset: node.offset, length: isWhole ? 1 : node.length };
  }
  return root;
}

export const rangeOf = (
  document: TextDocument,
  { offset, length }: { offset: number; length: number },
): Range => new Range(document.positionAt(offset), document.positionAt(offset + length));
