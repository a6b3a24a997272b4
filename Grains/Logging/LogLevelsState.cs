using SoonShop.Aggregates;

namespace SoonShop.Logging;

/// <summary>The rules of temporary log levels beyond the configured ones. They expire by themselves, so that nobody forgets them.</summary>
public sealed record LogLevelsState(ImmutableDictionary<string, LogDetail> Levels, DateTimeOffset Until)
{
    /// <summary>The most categories.</summary>
    public const int MaxCategories = 50;

    /// <summary>The longest name of a category.</summary>
    public const int MaxName = 200;

    /// <summary>Sets the levels.</summary>
    public static Decision<LogLevelsState> Set(SetLogLevels command, DateTimeOffset now)
    {
        var errors = new Dictionary<string, ErrorText[]>();
        if (command.Levels.Count > MaxCategories)
            errors["levels"] = [ErrorText.Of("field.entries", $"must have at most {MaxCategories} entries")];
        else if (command.Levels.Keys.Any(name => !IsCategory(name)))
            errors["levels"] = [ErrorText.Of("field.log-categories", "must name categories, such as SoonShop.Silo.Events, or Default")];
        else if (command.Levels.Keys.ToHashSet(StringComparer.OrdinalIgnoreCase).Count < command.Levels.Count)
            errors["levels"] = [ErrorText.Of("field.log-category-once", "must name each category once; upper and lower case are the same")];
        if (command.Minutes is < 1 or > LogLevels.MaxMinutes)
            errors["minutes"] = [ErrorText.Of("field.whole-range-1", $"must be 1–{LogLevels.MaxMinutes}")];
        return errors.Count > 0
            ? Error.Invalid(errors)
            : Decision<LogLevelsState>.To(new LogLevelsState(command.Levels, now.AddMinutes(command.Minutes)));
    }

    /// <summary>Returns the levels in effect at a time.</summary>
    public LogLevels At(DateTimeOffset now) => Levels.IsEmpty || Until <= now ? LogLevels.None : new LogLevels(Levels, Until);

    /// <summary>
    /// True for a type name or its prefix. A colon is not allowed, because it separates the sections of a configuration key.
    /// </summary>
    private static bool IsCategory(string name) =>
        name.Length is > 0 and <= MaxName && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or '`' or '+');
}
