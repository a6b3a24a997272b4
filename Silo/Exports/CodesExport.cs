using SoonShop.Exports;
using SoonShop.Pricing;

namespace SoonShop.Silo.Exports;

/// <summary>The generated codes of a promotion, or of one of its batches.</summary>
internal sealed class CodesExport(IGrainFactory grains) : ICsvExport
{
    public string Kind => "codes";

    public IReadOnlyList<string> Columns { get; } = ["Code", "Batch ID", "Used"];

    public bool IsPersonal => false;

    public async Task<Result<ExportRows>> ReadAsync(ExportQuery query, string? after, CancellationToken cancellation)
    {
        var id = query.Promotion ?? "";
        // Asked first, so that no grain is activated for an id that is none.
        var rule = await grains.GetGrain<IPricingRulesGrain>(0).FindAsync(PricingRuleKind.Promotion, id);
        if (rule.IsError)
            return Error.Invalid("promotion", "field.no-promotion", "is no promotion of this shop");
        var codes = grains.GetGrain<IPromotionCodesGrain>(Promotion.GrainKey(id));
        var page = await codes.ListAsync(query.BatchId, new PageRequest(PageRequest.MaxLimit, after));
        return page.IsError ? page.Error : new ExportRows([.. page.Value.Items.Select(Row)], page.Value.NextCursor);
    }

    private static string[] Row(IssuedCode code) => [code.Code, code.BatchId.ToString(), code.IsUsed ? "yes" : "no"];
}
