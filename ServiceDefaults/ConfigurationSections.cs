using Microsoft.Extensions.Configuration;

namespace SoonShop.ServiceDefaults;

/// <summary>Reads options so that everything wrong with them is told at once, and each time with what to set.</summary>
public static class ConfigurationSections
{
    /// <summary>
    /// A section as options. Values that cannot be read, and names that nobody knows, go into <paramref name="problems"/>;
    /// <paramref name="redact"/> takes secrets out of what is said about them.
    /// </summary>
    public static T Bind<T>(this IConfiguration configuration, string section, List<string> problems, Func<string, string>? redact = null,
        string? formerSection = null) where T : new()
    {
        var options = new T();
        if (formerSection is not null)
            configuration.BindTo(formerSection, options, problems, redact);
        configuration.BindTo(section, options, problems, redact);
        return options;
    }

    /// <summary>Reads a section into options, without those of its parts that <paramref name="except"/> names.</summary>
    public static void BindTo(
        this IConfiguration configuration, string name, object options, List<string> problems, Func<string, string>? redact = null,
        params string[] except)
    {
        var section = configuration.GetSection(name);
        foreach (var part in section.GetChildren().Where(p => !except.Contains(p.Key, StringComparer.OrdinalIgnoreCase)))
        {
            // One by one, so that each value that cannot be read is told of.
            try
            {
                new ConfigurationBuilder().AddInMemoryCollection(
                    part.AsEnumerable().Select(p => KeyValuePair.Create(p.Key[(section.Path.Length + 1)..], p.Value)))
                    .Build().Bind(options, b => b.ErrorOnUnknownConfiguration = true);
            }
            catch (InvalidOperationException e)
            {
                var reason = (e.InnerException ?? e).Message;
                problems.Add(
                    $"{part.Path}: {redact?.Invoke(reason) ?? reason} Set {part.Path.Replace(":", "__", StringComparison.Ordinal)}.");
            }
        }
    }
}
