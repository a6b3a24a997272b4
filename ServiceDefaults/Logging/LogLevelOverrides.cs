using Microsoft.Extensions.Configuration;
using SoonShop.Logging;

namespace SoonShop.ServiceDefaults.Logging;

/// <summary>The last word in section <c>Logging</c>: levels that were set while the process runs.</summary>
internal sealed class LogLevelOverrides : ConfigurationProvider, IConfigurationSource
{
    IConfigurationProvider IConfigurationSource.Build(IConfigurationBuilder builder) => this;

    /// <summary>Takes the place of what was set before; all loggers follow at once.</summary>
    public void Set(IReadOnlyDictionary<string, LogDetail> levels)
    {
        Data = levels.ToDictionary(l => $"Logging:LogLevel:{l.Key}", l => (string?)l.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        OnReload();
    }
}
