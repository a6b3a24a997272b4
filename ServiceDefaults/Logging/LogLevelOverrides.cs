using Microsoft.Extensions.Configuration;
using SoonShop.Logging;

namespace SoonShop.ServiceDefaults.Logging;

/// <summary>The last word in section <c>Logging</c>: levels that were set while the process runs.</summary>
/// <param name="hasConsoleLevels">True where the console has levels of its own: they precede the general ones, so that what is set must stand there as well.</param>
internal sealed class LogLevelOverrides(bool hasConsoleLevels) : ConfigurationProvider, IConfigurationSource
{
    private readonly string[] sections = hasConsoleLevels ? ["Logging:LogLevel", ConsoleLevels] : ["Logging:LogLevel"];

    /// <summary>The section of the console's own levels.</summary>
    public const string ConsoleLevels = "Logging:Console:LogLevel";

    IConfigurationProvider IConfigurationSource.Build(IConfigurationBuilder builder) => this;

    /// <summary>Takes the place of what was set before; all loggers follow at once. Of names that differ in case alone, the one that says most counts.</summary>
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
