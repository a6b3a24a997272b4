namespace SoonShop.Exports;

/// <summary>Exports of the shop's data as CSV. Any key addresses it; different keys run in parallel.</summary>
[Alias("soonshop.export")]
public interface IExportGrain : IGrainWithIntegerKey
{
    /// <summary>
    /// Returns a part of an export as CSV in UTF-8; the first part begins with the header. Rows that are written meanwhile may be among
    /// them. The first part of a kind with personal data is recorded in the audit log. Error:
    /// <c>validation-failed</c>, also for an unknown promotion.
    /// </summary>
    /// <param name="query">What to export.</param>
    /// <param name="after">Null, or <see cref="ExportPart.Next"/> of the part before.</param>
    /// <param name="cancellation">Ends the query.</param>
    [Alias("read")]
    Task<Result<ExportPart>> ReadAsync(ExportQuery query, string? after, CancellationToken cancellation = default);
}

/// <summary>What to export.</summary>
/// <param name="Kind">The kind, such as <c>stock</c>.</param>
[GenerateSerializer, Immutable, Alias("soonshop.export-query")]
public sealed record ExportQuery(string Kind)
{
    /// <summary>Orders placed at or after this time; null for all.</summary>
    [Id(0)] public DateTimeOffset? From { get; init; }

    /// <summary>Orders placed before this time; null for all.</summary>
    [Id(1)] public DateTimeOffset? To { get; init; }

    /// <summary>The promotion whose codes are exported.</summary>
    [Id(2)] public string? Promotion { get; init; }

    /// <summary>The batch whose codes are exported; null for all of the promotion. A silo of an earlier version exports all.</summary>
    [Id(3)] public Guid? BatchId { get; init; }
}

/// <summary>A part of an export.</summary>
/// <param name="Content">CSV in UTF-8.</param>
/// <param name="Next">Where the next part begins; null at the end.</param>
[GenerateSerializer, Immutable, Alias("soonshop.export-part")]
public sealed record ExportPart(byte[] Content, string? Next);
