/** The icon and the name of each kind of node. */
import {
  Braces,
  CircleHelp,
  CircleX,
  FunctionSquare,
  LogIn,
  LogOut,
  type LucideIcon,
  Split,
  Table2,
} from "lucide-react";

import type { NodeKind } from "@/components/decision-graph/graph-model";

export const NODE_KINDS: Record<NodeKind, { icon: LucideIcon; label: string }> = {
  inputNode: { icon: LogIn, label: "Input" },
  outputNode: { icon: LogOut, label: "Output" },
  expressionNode: { icon: Braces, label: "Expressions" },
  decisionTableNode: { icon: Table2, label: "Decision table" },
  switchNode: { icon: Split, label: "Switch" },
  functionNode: { icon: FunctionSquare, label: "Function" },
  unknown: { icon: CircleHelp, label: "Unknown node" },
  missing: { icon: CircleX, label: "Missing node" },
};
