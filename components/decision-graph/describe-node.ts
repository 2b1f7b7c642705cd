/** What a node of a decision graph does, in a line that fits its box. Reads broken nodes too. */
import { formatPlural } from "@/components/ui/format-number";

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const listOf = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isObject) : []);
const textOf = (value: unknown): string => (typeof value === "string" ? value.trim() : "");

/** One line, such as `3 rules · 2 → 1 columns`; never throws. */
export function describeNode(node: Json): string {
  const content = isObject(node["content"]) ? node["content"] : {};
  switch (node["type"]) {
    case "inputNode":
      return schemaLine(content, "Takes the input as it comes", "Checks the input");
    case "outputNode":
      return schemaLine(content, "Answers what reaches it", "Checks the answer");
    case "expressionNode":
      return expressionLine(content);
    case "decisionTableNode":
      return tableLine(content);
    case "switchNode":
      return switchLine(content);
    case "functionNode":
      return functionLine(node["content"]);
    default:
      return textOf(node["type"]) === "" ? "No type" : `Type ${textOf(node["type"])}`;
  }
}

function schemaLine(content: Json, without: string, withSchema: string): string {
  const text = textOf(content["schema"]);
  if (text === "") return without;
  try {
    const schema: unknown = JSON.parse(text);
    const properties = isObject(schema) && isObject(schema["properties"]) ? Object.keys(schema["properties"]) : [];
    return properties.length === 0 ? `${withSchema} by a schema` : `${withSchema}: ${properties.join(", ")}`;
  } catch {
    return `${withSchema} by a schema that is not JSON`;
  }
}

function expressionLine(content: Json): string {
  const keys = listOf(content["expressions"])
    .map((row) => textOf(row["key"]))
    .filter((key) => key !== "");
  return keys.length === 0 ? "Computes nothing yet" : `Computes ${keys.join(", ")}`;
}

function tableLine(content: Json): string {
  const rules = formatPlural(listOf(content["rules"]).length, "rule");
  const [inputs, outputs] = [listOf(content["inputs"]).length, listOf(content["outputs"]).length];
  const policy = content["hitPolicy"] === "collect" ? "all that match" : "first match";
  return `${rules}, ${inputs} → ${outputs} · ${policy}`;
}

function switchLine(content: Json): string {
  const ways = formatPlural(listOf(content["statements"]).length, "way");
  return `${ways} · ${content["hitPolicy"] === "collect" ? "all that match" : "first match"}`;
}

function functionLine(content: unknown): string {
  const source = textOf(isObject(content) ? content["source"] : content);
  return source === "" ? "No code yet" : `JavaScript, ${formatPlural(source.split("\n").length, "line")}`;
}
