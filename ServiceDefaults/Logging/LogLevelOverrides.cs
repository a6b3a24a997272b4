using Microsoft.Extensions.Configuration;
using SoonShop.Logging;

namespace SoonShop.ServiceDefaults.Logging;

/// <summary>The last provider of section <c>Logging</c>: levels that are set at run time.</summary>
/// <param name="hasConsoleLevels">
/// True when the console has levels of its own: they take precedence over the general ones, so the levels must be set there as well.
/// </param>
internal sealed class LogLevelOverrides(bool hasConsoleLevels) : ConfigurationProvider, IConfigurationSource
{
    private readonly string[] sections = hasConsoleLevels ? ["Logging:LogLevel", ConsoleLevels] : ["Logging:LogLevel"];

    /// <summary>The section of the console's own levels.</summary>
    public const string ConsoleLevels = "Logging:Console:LogLevel";

    IConfigurationProvider IConfigurationSource.Build(IConfigurationBuilder builder) => this;

    /// <summary>Replaces the levels; all loggers follow at once. Of names that differ only in case, the most verbose level wins.</summary>
    public void Set(IReadOnlyDictionary<string, LogDetail> levels)
    {
        var data = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, level) in levels.OrderByDescending(l => l.Value))
        {
            foreach (var section in sections)
                data[$"{section}:{name}"] = level.ToString();
        }
        Data = data;
        OnReload();
    }
}
