using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;
using SoonShop.ApiFrontend;
using SoonShop.Silo;
using SoonShop.Silo.Payments;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Documents;

/// <summary>The tables of configuration keys: from the options classes, their comments, and how the programs refuse wrong values.</summary>
internal static partial class ConfigurationPage
{
    private static readonly Process SiloProcess = new(
        "Silo", typeof(SiloConfiguration), (settings, problems) => SiloConfiguration.Read(settings, problems));

    private static readonly Process FrontendProcess = new(
        "ApiFrontend", typeof(FrontendConfiguration), (settings, problems) => FrontendConfiguration.Read(settings, problems));

    private static IEnumerable<Type> Shared => SiloProcess.Sections.Intersect(FrontendProcess.Sections);

    /// <summary>The sections that only silos read.</summary>
    public static string OfSilo() => Tables(SiloProcess, SiloProcess.Sections.Except(Shared));

    /// <summary>The sections that only front ends read.</summary>
    public static string OfFrontend() => Tables(FrontendProcess, FrontendProcess.Sections.Except(Shared));

    /// <summary>The sections that both processes read.</summary>
    public static string OfBoth() => Tables(SiloProcess, Shared);

    private static string Tables(Process process, IEnumerable<Type> types)
    {
        var page = new StringBuilder();
        var sections = types.Select(t => (Path: process.SectionOf(t), Options: Activator.CreateInstance(t)!)).ToList();
        for (var i = 0; i < sections.Count; i++)
        {
            var (path, options) = sections[i];
            // Sections within this one follow it.
            List<(string, object)> inner = [];
            var rows = Setting.Of(path, options, inner).Select(s => Row(process, s)).ToArray();
            if (options is PaymentsOptions payments)
                inner.InsertRange(0, payments.Settings.Select(s => ($"{path}:{s.Module.Name}", s.Options)));
            sections.InsertRange(i + 1, inner);
            if (rows.Length == 0)
                continue;
            page.Append($"## {path}\n\n{SentenceOf(options.GetType())}\n\n| Key | Value | Default | Meaning |\n|---|---|---|---|\n");
            page.AppendJoin("", rows).Append('\n');
        }
        return page.ToString().TrimEnd('\n');
    }

    private const string ProviderKey = $"{PaymentsOptions.Section}:{nameof(PaymentsOptions.Provider)}";

    private static string Row(Process process, Setting setting)
    {
        var limits = setting.IsNumber ? process.LimitsOf(setting.Key) : null;
        var type = limits is null ? setting.TypeText : $"{setting.TypeText}, {limits}";
        if (setting.Key == ProviderKey)
        {
            var modules = PaymentProviders.All.Modules;
            type = string.Join(", ", modules.Select(m => $"`{m.Name}`"));
            var meanings = modules.Select(m => $" `{m.Name}`: {XmlComments.Of(m.GetType())}");
            setting = setting with { Meaning = setting.Meaning + string.Concat(meanings) };
        }
        Assert.True(setting.Meaning.Trim().Length > 0, $"{setting.Key} has no comment.");
        var byDefault = process.ShippedDefaultOf(setting.Key) ?? setting.DefaultText;
        return $"| `{setting.Key}` | {type} | {byDefault} | {setting.Meaning.Trim()} |\n";
    }

    /// <summary>The comment of an options class, without the words that name its section.</summary>
    private static string SentenceOf(Type options)
    {
        var text = SectionName.Replace(XmlComments.Of(options), "");
        return char.ToUpperInvariant(text[0]) + text[1..];
    }

    [GeneratedRegex("^Configuration section `[^`]+`: ")]
    private static partial Regex SectionName { get; }

    /// <summary>One of the two programs, with the settings that it is shipped with.</summary>
    private sealed class Process(string project, Type configuration, Action<IConfiguration, List<string>> read)
    {
        private readonly IConfiguration shipped = new ConfigurationBuilder()
            .AddJsonFile(Path.Combine(Repository.Root, project, "appsettings.json")).Build();

        /// <summary>The options classes, in the order in which the program reads them.</summary>
        public IEnumerable<Type> Sections => configuration.GetConstructors()
            .MaxBy(c => c.GetParameters().Length)!.GetParameters()
            .Select(p => p.ParameterType).Where(t => t.GetField("Section") is not null);

        public string SectionOf(Type options) =>
            (string)options.GetField("Section", BindingFlags.Public | BindingFlags.Static)!.GetRawConstantValue()!;

        /// <summary>What <c>appsettings.json</c> sets; null when it leaves the default of the code.</summary>
        public string? ShippedDefaultOf(string key)
        {
            if (shipped[key] is { } value)
                return $"`{value}`";
            var place = key.IndexOf(":<", StringComparison.Ordinal);
            return place > 0 && shipped.GetSection(key[..place]).Exists() ? $"[`appsettings.json`](../{project}/appsettings.json)" : null;
        }

        /// <summary>
        /// The limits of a number, as the program names them when it refuses one that is too small or too large; null when there are none.
        /// </summary>
        public string? LimitsOf(string key)
        {
            var named = key.Replace("<country>", "US", StringComparison.Ordinal).Replace("<name>", "x", StringComparison.Ordinal);
            foreach (var wrong in new[] { "-1", "2000000000" })
            {
                List<string> problems = [];
                read(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
                {
                    ["ConnectionStrings:soonshop"] = "Host=none;Database=none",
                    [ProviderKey] = PaymentProviders.All.Find(named.Split(':')[1])?.Name ?? "Simulated",
                    ["Notifications:Email:Mode"] = "Smtp",
                    [named] = wrong,
                }).Build(), problems);
                foreach (var problem in problems.Where(p => p.StartsWith($"{named} is ", StringComparison.Ordinal)))
                {
                    if (Limits.Match(problem) is { Success: true } match)
                        return match.Groups["limits"].Value.Replace(", or to ", ", or ", StringComparison.Ordinal);
                }
            }
            return null;
        }
    }

    [GeneratedRegex(@"; set (it|\S+) (to )?(?<limits>[\dbm].*?)(, or \w+__|[.;:]\s|[.;]?$)")]
    private static partial Regex Limits { get; }
}
