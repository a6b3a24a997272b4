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
        return found.Select(e => e.Replace("$__rate_interval", "1m", StringComparison.Ordinal).Replace("$__range", "1h", StringComparison.Ordinal));
    }

    /// <summary>The series that an expression selects, each as it stands there, such as <c>up{job="soonshop-api"}</c>.</summary>
    public static IEnumerable<string> SelectorsOf(string expression) =>
        Selector().Matches(Grouping().Replace(expression, " ")).Select(m => m.Value.Trim()).Distinct();

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
    [GeneratedRegex(@"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)")]
    private static partial Regex Grouping();

    /// <summary>A metric of a known family with its matchers, or matchers alone. What is quoted inside matchers goes with them.</summary>
    [GeneratedRegex("""(?<![\w"])((soonshop|http|orleans|db|dotnet|process|kestrel|kubelet|node)_\w+|soonshop:[\w:]+|up|ALERTS)\b(\{[^}]*\})?|(?<=\()\{[^}]*\}""")]
    private static partial Regex Selector();
}
