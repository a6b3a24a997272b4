using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.OpenApi;

namespace SoonShop.ApiFrontend.Http;

/// <summary>
/// Reads the bounds of a period in a filter: RFC 3339 times, in UTC if there is no offset, or dates. A date is the whole day in UTC: the
/// period begins or ends with it.
/// </summary>
internal static partial class Times
{
    private const string Date = "yyyy-MM-dd";
    private static readonly string[] TimeFormats = ["yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd'T'HH:mmK"];

    /// <summary>Reads the inclusive start; null for none. The text must have passed <see cref="StartTimeAttribute"/>.</summary>
    public static DateTimeOffset? ReadStart(string? text) => TryRead(text, ends: false, out var time) ? time : null;

    /// <summary>Reads the exclusive end; null for none. The text must have passed <see cref="EndTimeAttribute"/>.</summary>
    public static DateTimeOffset? ReadEnd(string? text) => TryRead(text, ends: true, out var time) ? time : null;

    /// <summary>Reads a bound; empty text gives null.</summary>
    public static bool TryRead(string? text, bool ends, out DateTimeOffset? time)
    {
        time = null;
        if (string.IsNullOrEmpty(text))
            return true;
        const DateTimeStyles Utc = DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal;
        if (DateTimeOffset.TryParseExact(text, Date, CultureInfo.InvariantCulture, Utc, out var day))
        {
            time = !ends ? day : day.UtcDateTime.Date == DateTime.MaxValue.Date ? DateTimeOffset.MaxValue : day.AddDays(1);
            return true;
        }
        // An unencoded plus has become a blank.
        var written = TooFine().Replace(text, "").Replace(' ', '+').ToUpperInvariant();
        if (!DateTimeOffset.TryParseExact(written, TimeFormats, CultureInfo.InvariantCulture, Utc, out var moment))
            return false;
        time = moment;
        return true;
    }

    /// <summary>Matches the digits of a second's fraction that are finer than a tick: RFC 3339 does not limit the digits.</summary>
    [GeneratedRegex(@"(?<=\.\d{7})\d+", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 100)]
    private static partial Regex TooFine();
}

/// <summary>A bound of a filter. See <see cref="Times"/>.</summary>
public abstract class TimeBoundAttribute(string description) : FieldRuleAttribute, IDescribesSchema
{
    protected override ErrorText? FindFault(object? value, ValidationContext validation) =>
        value is not string text || Times.TryRead(text, ends: false, out _)
        ? null
        : ErrorText.Of("field.time-bound", "must be a time such as 2026-03-01T09:30:00Z, or a date such as 2026-03-01");

    void IDescribesSchema.Describe(OpenApiSchema schema)
    {
        schema.Description = description;
        schema.Pattern = @"^\d{4}-\d{2}-\d{2}([Tt]\d{2}:\d{2}(:\d{2}(\.\d+)?)?([Zz]|[+-]\d{2}:\d{2})?)?$";
        schema.Examples = ["2026-03-01"];
    }
}

/// <summary>The start of a period.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class StartTimeAttribute() : TimeBoundAttribute(
    "From this time on (RFC 3339; UTC without an offset). A date is its first moment in UTC.");

/// <summary>The end of a period.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Parameter)]
public sealed class EndTimeAttribute() : TimeBoundAttribute(
    "Before this time, which is itself left out (RFC 3339; UTC without an offset). A date means that whole day in UTC: from and to of one "
        + "date are that day.");
