using System.IO.Compression;
using System.Text.Json;
using Npgsql;
using SoonShop.Aggregates;
using SoonShop.Imports;

namespace SoonShop.Silo.Imports;

/// <summary>Rows of jobs, and the compressed contents of the other tables.</summary>
internal static class ImportRows
{
    /// <summary>The columns that <see cref="ReadJob"/> reads.</summary>
    public const string Columns = """
        id, kind, status, created_at, created_by, file_bytes, total_rows, rows, created, changed, unchanged, wrong, ignored_columns,
        problems, applied_by, applied_at, ended_at
        """;

    public static ImportJob ReadJob(NpgsqlDataReader r, ImportsOptions options)
    {
        var (status, createdAt) = (StatusOf(r.GetString(2)), r.GetFieldValue<DateTimeOffset>(3));
        var keep = status == ImportStatus.Uploading ? TimeSpan.FromHours(options.UploadHours) : TimeSpan.FromDays(options.RetentionDays);
        return new ImportJob(r.GetGuid(0), r.GetString(1), status, createdAt, r.GetString(4))
        {
            FileBytes = r.GetInt64(5),
            TotalRows = r.IsDBNull(6) ? null : r.GetInt64(6),
            Rows = r.GetInt64(7),
            Counts = new ImportCounts(r.GetInt64(8), r.GetInt64(9), r.GetInt64(10), r.GetInt64(11)),
            IgnoredColumns = [.. r.GetFieldValue<string[]>(12)],
            Problems = r.IsDBNull(13) ? [] : JsonSerializer.Deserialize<ImmutableArray<ErrorText>>(r.GetString(13), StateJson.Options),
            AppliedBy = r.IsDBNull(14) ? null : r.GetString(14),
            AppliedAt = r.IsDBNull(15) ? null : r.GetFieldValue<DateTimeOffset>(15),
            EndedAt = r.IsDBNull(16) ? null : r.GetFieldValue<DateTimeOffset>(16),
            DeleteAt = createdAt + keep,
            MaxFileBytes = options.MaxFileBytes,
        };
    }

    public static string NameOf(ImportStatus status) => JsonNamingPolicy.CamelCase.ConvertName(status.ToString());

    public static ImportStatus StatusOf(string name) => Enum.Parse<ImportStatus>(name, ignoreCase: true);

    public static string ToJson(IEnumerable<ErrorText> texts) => JsonSerializer.Serialize(texts.ToImmutableArray(), StateJson.Options);

    public static byte[] Pack(IEnumerable<ImportLine> lines) =>
        Compress(JsonSerializer.SerializeToUtf8Bytes(lines.ToImmutableArray(), StateJson.Options));

    public static ImmutableArray<ImportLine> Unpack(byte[] content) =>
        JsonSerializer.Deserialize<ImmutableArray<ImportLine>>(Decompress(content), StateJson.Options);

    public static byte[] Compress(ReadOnlySpan<byte> content)
    {
        using var into = new MemoryStream();
        using (var compressing = new ZLibStream(into, CompressionLevel.Fastest))
            compressing.Write(content);
        return into.ToArray();
    }

    public static byte[] Decompress(byte[] content)
    {
        using var from = new ZLibStream(new MemoryStream(content), CompressionMode.Decompress);
        using var into = new MemoryStream();
        from.CopyTo(into);
        return into.ToArray();
    }
}
