using System.Text;
using Orleans.Concurrency;
using SoonShop.Auditing;
using SoonShop.Imports;

namespace SoonShop.Exports;

// One activation per silo, so that a cancellation finds its call. Callers distribute their calls over several keys.
[StatelessWorker(1), Reentrant]
internal sealed class ExportGrain(IEnumerable<ICsvExport> exports, IAuditLog audit) : Grain, IExportGrain
{
    private readonly Dictionary<string, ICsvExport> exports = exports.ToDictionary(e => e.Kind);

    async Task<Result<ExportPart>> IExportGrain.ReadAsync(ExportQuery query, string? after, CancellationToken cancellation)
    {
        if (!exports.TryGetValue(query.Kind, out var export))
            return Error.Invalid("kind", "export.kind", $"must be one of {string.Join(", ", exports.Keys.Order(StringComparer.Ordinal))}");
        var read = await export.ReadAsync(query, after, cancellation);
        if (read.IsError)
            return read.Error;
        if (after is null && export.IsPersonal)
        {
            await audit.AddAsync(
                new AuditEvent("exports.read", $"export/{export.Kind}") { Details = new { query.From, query.To } }, cancellation);
        }
        var rows = read.Value.Rows;
        var header = (read.Value.Header ?? export.Columns).Select(CsvGuard.Add).ToArray();
        return new ExportPart(Encoding.UTF8.GetBytes(CsvText.Write(after is null ? [header, .. rows] : rows)), read.Value.Next);
    }
}
