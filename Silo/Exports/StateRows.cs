using System.Globalization;
using System.Text.Json;
using Npgsql;
using SoonShop.Aggregates;
using SoonShop.Exports;

namespace SoonShop.Silo.Exports;

/// <summary>Reads the states of grains for exports, in the order of their keys.</summary>
internal static class StateRows
{
    /// <summary>The most grains that are read at a time.</summary>
    public const int Limit = 500;

    /// <summary>Runs a query with the key after which it begins and the most rows. Its first column is the key.</summary>
    public static async Task<Result<ExportRows>> ReadAsync(
        NpgsqlDataSource database, string sql, string? after, Func<NpgsqlDataReader, IEnumerable<string[]>> write,
        CancellationToken cancellation)
    {
        await using var command = database.CreateCommand(sql);
        command.Parameters.Add(new() { Value = after ?? "" });
        command.Parameters.Add(new() { Value = Limit });
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var rows = new List<string[]>(Limit);
        var (last, count) = ((string?)null, 0);
        for (; await reader.ReadAsync(cancellation); count++)
        {
            last = reader.GetString(0);
            rows.AddRange(write(reader));
        }
        return new ExportRows(rows, count < Limit ? null : last);
    }

    /// <summary>Reads a state; null when the column is null.</summary>
    public static TState? State<TState>(NpgsqlDataReader reader, int column) where TState : class =>
        reader.IsDBNull(column) ? null
            : JsonSerializer.Deserialize<StateEnvelope<TState>>(reader.GetFieldValue<byte[]>(column), StateJson.Options)!.State;

    /// <summary>Returns a time as imports read it.</summary>
    public static string Time(DateTimeOffset? time) =>
        time?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", CultureInfo.InvariantCulture) ?? "";

    /// <summary>Returns a number.</summary>
    public static string Number(long? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "";
}
