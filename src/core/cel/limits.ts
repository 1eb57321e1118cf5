/** What one expression may be and may cost. Everything that an author writes or an object brings is bounded by one of these. */

/**
 * Characters of an expression: a page of text. It also bounds how deep the library's parser recurses on signs (`!!!!true`), of which it
 * counts the nodes but not the depth.
 */
export const MAX_EXPRESSION_LENGTH = 4_096;

/** Nodes of an expression's tree; 4,096 characters of ordinary text make some 800. */
export const MAX_NODES = 2_000;

/** Brackets, arguments and selections within one another. */
export const MAX_NESTING = 60;

/**
 * Depth of the tree: a chain of 200 `||` is 200 deep although nothing is nested. Evaluating one level takes two or three frames of
 * V8's stack, which holds some 10,000.
 */
export const MAX_TREE_DEPTH = 200;

/**
 * Units that one evaluation may spend. A unit is a node evaluated, an item or a key looked at, or some characters passed over: 20 to
 * 100 ns, so 500,000 are some 25 ms; what all expressions of a set may spend together is bounded by the work of an evaluation
 * (`work-meter.ts`), which is twenty times as much. To compare two objects of 25,000 fields, the most that a request can carry, takes 125,000; to test each of
 * 50,000 items, four for each.
 */
export const MAX_COST = 500_000;

/** An error that `||`, `&&`, `all` or `exists` goes on after takes as long as this many nodes: V8 records a stack for it. */
export const ERROR_COST = 150;

/** Characters that one unit pays for where text is copied or compared. */
export const CHARACTERS_PER_UNIT = 32;

/** Characters that one unit pays for where a text is looked for in another: V8's slow cases take 6 ns for a character. */
export const SEARCHED_PER_UNIT = 16;

/** Characters of a pattern that stands in the expression. */
export const MAX_PATTERN_LENGTH = 1_000;

/** Characters of a pattern that the expression computes. */
export const MAX_COMPUTED_PATTERN_LENGTH = 256;

/** Instructions of a compiled pattern; `[a-z]{1,63}` has 130, and RE2 itself refuses to repeat anything more than 1,000 times. */
export const MAX_PATTERN_SIZE = 5_000;
