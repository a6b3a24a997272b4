using System.Text.Json.Serialization;

namespace SoonShop.Imports;

/// <summary>The import of one file.</summary>
/// <param name="Id">The id of the job.</param>
/// <param name="Kind">What the file has, such as <c>stock</c>.</param>
/// <param name="Status">The status.</param>
/// <param name="CreatedAt">When the upload began.</param>
/// <param name="CreatedBy">Who uploaded it, as in the audit log.</param>
[GenerateSerializer, Immutable, Alias("soonshop.import-job")]
public sealed record ImportJob(Guid Id, string Kind, ImportStatus Status, DateTimeOffset CreatedAt, string CreatedBy)
{
    /// <summary>The size of the file in bytes.</summary>
    [Id(0)] public long FileBytes { get; init; }

    /// <summary>The rows of the file, without the header; null until they are counted.</summary>
    [Id(1)] public long? TotalRows { get; init; }

    /// <summary>The rows that the dry run has checked, or that have been applied since.</summary>
    [Id(2)] public long Rows { get; init; }

    /// <summary>The rows by outcome: of the dry run or, once applied, of that.</summary>
    [Id(3)] public ImportCounts Counts { get; init; } = new(0, 0, 0, 0);

    /// <summary>Columns of the file that have no meaning.</summary>
    [Id(4)] public ImmutableArray<string> IgnoredColumns { get; init; } = [];

    /// <summary>Why it failed; empty while it has not.</summary>
    [Id(5), JsonIgnore] public ImmutableArray<ErrorText> Problems { get; init; } = [];

    /// <summary>Who applied it; null while nobody has.</summary>
    [Id(6)] public string? AppliedBy { get; init; }

    /// <summary>When it was to be applied.</summary>
    [Id(7)] public DateTimeOffset? AppliedAt { get; init; }

    /// <summary>When it ended.</summary>
    [Id(8)] public DateTimeOffset? EndedAt { get; init; }

    /// <summary>When the file and its results are deleted.</summary>
    [Id(9)] public DateTimeOffset DeleteAt { get; init; }

    /// <summary>The largest file that is accepted, in bytes.</summary>
    [Id(10), JsonIgnore] public long MaxFileBytes { get; init; }
}

/// <summary>Rows by outcome.</summary>
/// <param name="Created">Rows that make something new.</param>
/// <param name="Changed">Rows that change something.</param>
/// <param name="Unchanged">Rows that the shop has already.</param>
/// <param name="Wrong">Rows that cannot be applied.</param>
[GenerateSerializer, Immutable, Alias("soonshop.import-counts")]
public sealed record ImportCounts(long Created, long Changed, long Unchanged, long Wrong)
{
    /// <summary>All rows.</summary>
    [JsonIgnore] public long Sum => Created + Changed + Unchanged + Wrong;

    /// <summary>Returns the sum with others.</summary>
    public ImportCounts Add(ImportCounts other) =>
        new(Created + other.Created, Changed + other.Changed, Unchanged + other.Unchanged, Wrong + other.Wrong);
}

/// <summary>The status of an import.</summary>
[Alias("soonshop.import-status")]
public enum ImportStatus
{
    /// <summary>The file is being sent.</summary>
    Uploading,
    /// <summary>The file is complete; the dry run waits for its turn.</summary>
    Uploaded,
    /// <summary>The dry run is in progress.</summary>
    Checking,
    /// <summary>The dry run is complete; the job waits to be applied.</summary>
    Checked,
    /// <summary>The rows are being applied, or wait for their turn.</summary>
    Applying,
    /// <summary>All rows are applied, apart from wrong ones.</summary>
    Done,
    /// <summary>Cancelled. Rows that were applied before stay applied.</summary>
    Cancelled,
    /// <summary>The file cannot be read, or the shop could not be reached for too long.</summary>
    Failed,
}

/// <summary>What became of a row.</summary>
/// <param name="Line">The line in the file, from 1.</param>
/// <param name="Outcome">The outcome.</param>
/// <param name="Column">The column that is wrong; null for the row as a whole.</param>
/// <param name="Text">What is wrong or what differs.</param>
[GenerateSerializer, Immutable, Alias("soonshop.import-line")]
public sealed record ImportLine(int Line, RowOutcome Outcome, string? Column, ErrorText? Text);

/// <summary>A part of the results of an import.</summary>
/// <param name="Lines">The lines that are not unchanged, in the order of the file.</param>
/// <param name="Next">Where the next part begins; null at the end.</param>
[GenerateSerializer, Immutable, Alias("soonshop.import-lines")]
public sealed record ImportLines(ImmutableArray<ImportLine> Lines, long? Next);

/// <summary>Kinds of imports that need more than the scope of imports.</summary>
public static class ImportKinds
{
    /// <summary>Customers.</summary>
    public const string Customers = "customers";

    /// <summary>True for kinds with personal data. API keys may not use them: no scope gives access to accounts.</summary>
    public static bool IsPersonal(string kind) => kind == Customers;
}
