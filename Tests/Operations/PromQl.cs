using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace SoonShop.Tests.Operations;

/// <summary>What dashboards and rules ask of Prometheus.</summary>
internal static partial class PromQl
{
    /// <summary>Every expression of a Grafana dashboard, wherever it stands, with its variables filled in.</summary>
    public static IEnumerable<string> OfDashboard(string file)
    {
        var found = new List<string>();
        Collect(JsonNode.Parse(File.ReadAllText(file)), found);
        return found.Select(
            e => e.Replace("$__rate_interval", "1m", StringComparison.Ordinal).Replace("$__range", "1h", StringComparison.Ordinal));
    }

    /// <summary>The series that an expression selects, each as it stands there, such as <c>up{job="soonshop-api"}</c>.</summary>
    public static IEnumerable<string> SelectorsOf(string expression) =>
        Selector().Matches(Grouping().Replace(expression, " ")).Select(m => m.Value.Trim()).Distinct();

    /// <summary>
    /// Labels that an expression groups or matches by, each with the selectors of which one must have it. Labels that the expression makes
    /// itself are left out.
    /// </summary>
    public static IEnumerable<(string Label, string[] Selectors)> LabelsOf(string expression) =>
        from grouping in Grouping().Matches(expression)
        where grouping.Groups["word"].Value is "by" or "on"
        let whose = grouping.Groups["word"].Value == "by" ? Parenthesis(expression, grouping.Index + grouping.Length) : expression
        from label in grouping.Groups["labels"].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
        where !whose.Contains($"\"{label}\"", StringComparison.Ordinal)
        select (label, SelectorsOf(whose).ToArray());

    /// <summary>A selector that means only those of its series that have a label.</summary>
    public static string With(string selector, string label) =>
        selector.EndsWith('}')
            ? $"{selector[..^1]}{(selector.EndsWith("{}", StringComparison.Ordinal) ? "" : ", ")}{label}!=\"\"}}"
            : $"{selector}{{{label}!=\"\"}}";

    /// <summary>The legends of a dashboard's queries, each with its expression.</summary>
    public static IEnumerable<(string Expression, string Legend)> LegendsOf(string file) =>
        from panel in JsonNode.Parse(File.ReadAllText(file))!["panels"]!.AsArray()
        from target in panel!["targets"]?.AsArray() ?? []
        select (target!["expr"]!.GetValue<string>(), target["legendFormat"]?.GetValue<string>() ?? "");

    /// <summary>Labels that a legend shows.</summary>
    public static IEnumerable<string> LabelsOfLegend(string legend) => Placeholder().Matches(legend).Select(m => m.Groups[1].Value);

    /// <summary>What stands in the parenthesis that begins there.</summary>
    private static string Parenthesis(string expression, int from)
    {
        var begin = expression.IndexOf('(', from);
        var depth = 0;
        for (var i = begin; i < expression.Length; i++)
        {
            depth += expression[i] switch { '(' => 1, ')' => -1, _ => 0 };
            if (depth == 0)
                return expression[begin..(i + 1)];
        }
        throw new FormatException($"{expression}: a parenthesis is not closed");
    }

    /// <summary>The metric of a selector; empty when it names none.</summary>
    public static string MetricOf(string selector) => selector.Split('{')[0];

    private static void Collect(JsonNode? node, List<string> found)
    {
        switch (node)
        {
            case JsonArray array:
                foreach (var item in array)
                    Collect(item, found);
                break;
            case JsonObject o:
                foreach (var (name, value) in o)
                {
                    if (name == "expr")
                        found.Add(value!.GetValue<string>());
                    else
                        Collect(value, found);
                }
                break;
        }
    }

    /// <summary>Labels that are grouped or matched by are no metrics.</summary>
    [GeneratedRegex(@"\b(?<word>by|without|on|ignoring|group_left|group_right)\s*\((?<labels>[^)]*)\)")]
    private static partial Regex Grouping();

    [GeneratedRegex(@"\{\{(\w+)\}\}")]
    private static partial Regex Placeholder();

    /// <summary>A metric of a known family with its matchers, or matchers alone. What is quoted inside matchers goes with them.</summary>
    [GeneratedRegex(
        """(?<![\w"])((soonshop|http|orleans|db|dotnet|process|kestrel|kubelet|node)_\w+|soonshop:[\w:]+|up|ALERTS)\b"""
            + """(\{[^}]*\})?|(?<=\()\{[^}]*\}""")]
    private static partial Regex Selector();
}
