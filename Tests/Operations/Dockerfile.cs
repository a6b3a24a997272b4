using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Operations;

/// <summary>A Dockerfile, as far as the shop's use its language.</summary>
internal sealed partial class Dockerfile
{
    private static readonly HashSet<string> Known =
    [
        "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "RUN", "STOPSIGNAL", "USER", "WORKDIR",
    ];

    private Dockerfile(string name, IReadOnlyList<Stage> stages) => (Name, Stages) = (name, stages);

    public string Name { get; }

    public IReadOnlyList<Stage> Stages { get; }

    /// <summary>The stage that becomes the image.</summary>
    public Stage Final => Stages[^1];

    /// <summary>The project that the build publishes by <c>deploy/publish.sh</c>.</summary>
    public string Project => PublishCall().Match(Stages[0].Of("RUN").Last()).Groups["project"].Value;

    /// <summary>Environment of the image.</summary>
    public IReadOnlyDictionary<string, string> Environment => Pairs(Final, "ENV");

    public IReadOnlyDictionary<string, string> Labels => Pairs(Final, "LABEL");

    /// <summary>The numbers of user and group.</summary>
    public (int User, int Group) User =>
        Final.Of("USER").Single().Split(':') is [var user, var group] && int.TryParse(user, out var u) && int.TryParse(group, out var g)
            ? (u, g) : throw new FormatException($"{Name}: USER is not UID:GID");

    public IReadOnlyList<int> Ports =>
        [.. Final.Of("EXPOSE").SelectMany(e => e.Split(' ')).Select(p => int.Parse(p, CultureInfo.InvariantCulture))];

    public string[] Entrypoint => Json(Final.Of("ENTRYPOINT").Single());

    /// <summary>The command that asks whether a container is well.</summary>
    public string[] HealthCheck => Json(Final.Of("HEALTHCHECK").Single().Split("CMD", 2)[1].Trim());

    public static Dockerfile Read(string name)
    {
        var stages = new List<Stage>();
        // Comments may stand between the lines of an instruction.
        var text = string.Join(
            '\n', File.ReadLines(Path.Combine(Repository.Root, "deploy", name)).Where(l => !l.TrimStart().StartsWith('#')));
        foreach (var line in text.Replace("\\\n", " ", StringComparison.Ordinal)
            .Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var (instruction, rest) = line.Split(' ', 2) is [var word, var after]
                ? (word, Spaces().Replace(after.Trim(), " "))
                : (line, "");
            if (!Known.Contains(instruction))
                throw new FormatException($"{name}: '{instruction}' is no instruction that the shop uses");
            if (instruction == "FROM")
                stages.Add(Stage.Begin(rest));
            else if (stages.Count == 0)
                throw new FormatException($"{name}: {instruction} stands before the first FROM");
            else
                stages[^1].Instructions.Add((instruction, rest));
        }
        return new Dockerfile(name, stages);
    }

    private static Dictionary<string, string> Pairs(Stage stage, string instruction) =>
        Pair().Matches(string.Join(' ', stage.Of(instruction)))
            .ToDictionary(m => m.Groups["name"].Value, m => m.Groups["value"].Value.Trim('"'));

    private static string[] Json(string array) => JsonSerializer.Deserialize<string[]>(array)!;

    [GeneratedRegex(@"deploy/publish\.sh (?<project>\w+) /publish")]
    private static partial Regex PublishCall();

    [GeneratedRegex("""(?<name>[\w.]+)=(?<value>"[^"]*"|\S*)""")]
    private static partial Regex Pair();

    [GeneratedRegex(" +")]
    private static partial Regex Spaces();

    /// <summary>From one FROM to the next.</summary>
    internal sealed record Stage(string Image, string Name, List<(string Instruction, string Operand)> Instructions)
    {
        public static Stage Begin(string from) => from.Split(' ') is [var image, "AS", var name]
            ? new Stage(image, name, [])
            : throw new FormatException($"FROM {from}: name the stage");

        public IEnumerable<string> Of(string instruction) => Instructions.Where(i => i.Instruction == instruction).Select(i => i.Operand);
    }
}
