using Microsoft.AspNetCore.Http.HttpResults;
using SoonShop.ApiFrontend.Http;
using SoonShop.ApiFrontend.Inventory;
using SoonShop.ApiFrontend.Localization;
using SoonShop.Pricing;
using SoonShop.Users;

namespace SoonShop.ApiFrontend.Pricing;

/// <summary>The merchant's rules for prices, and what prices depend on of customers, for administrators.</summary>
internal static class PricingApi
{
    public static void MapAdminPricing(this IEndpointRouteBuilder admin)
    {
        new RuleRoutes<PromotionRequest, PromotionResponse>(RuleNames.Promotions, rule => new(rule)).Map(admin);
        admin.MapPromotionCodes();
        admin.MapPromotionUses();
        new RuleRoutes<TaxZoneRequest, ZoneResponse>(RuleNames.TaxZones, rule => new(rule)).Map(admin);
        new RuleRoutes<TaxRateRequest, TaxRateResponse>(RuleNames.TaxRates, rule => new(rule)).Map(admin);
        new RuleRoutes<ShippingZoneRequest, ZoneResponse>(RuleNames.ShippingZones, rule => new(rule)).Map(admin);
        new RuleRoutes<ShippingMethodRequest, ShippingMethodResponse>(RuleNames.ShippingMethods, rule => new(rule)).Map(admin);
        new RuleRoutes<PriceListRequest, PriceListResponse>(RuleNames.PriceLists, rule => new(rule)).Map(admin);
        new RuleRoutes<CustomerGroupRequest, CustomerGroupResponse>(RuleNames.CustomerGroups, rule => new(rule)).Map(admin);
        admin.MapCustomerGroupMembers();
        new RuleRoutes<LocationRequest, LocationResponse>(RuleNames.Locations, rule => new(rule)).Map(admin);

        var settings = admin.MapGroup("/tax/settings").WithTags(RuleNames.TaxRates.Tag).ForAdministrators("pricing");
        settings.MapGet("", GetTaxSettingsAsync).WithName("getTaxSettings").WithSummary("Get the tax settings").WithETag();
        settings.MapPut("", SetTaxSettingsAsync).WithName("replaceTaxSettings").WithSummary("Replace the tax settings")
            .WithETag().WithIfMatch().ProducesProblems(ErrorCode.Conflict);
        settings.MapGet("/history", GetTaxSettingsHistoryAsync).WithName("listTaxSettingsHistory")
            .WithSummary("List the changes of the tax settings, newest first");

        admin.MapPost("/pricing/preview", PreviewAsync).WithTags(RuleNames.Promotions.Tag).ForAdministrators("pricing")
            .WithName("previewPricing").WithSummary("Preview what a cart costs, and why");

        var customer = admin.MapGroup("/users/{id:guid}/pricing").WithTags("Admin: users").ForAdministrators("pricing");
        customer.MapGet("", GetCustomerAsync)
            .WithName("getUserPricing").WithSummary("Get a customer's groups and tax exemption").WithETag();
        customer.MapPut("", SetCustomerAsync).WithName("setUserPricing").WithSummary("Replace a customer's groups and tax exemption")
            .WithETag().WithIfMatch();
    }

    private static async Task<Results<Ok<TaxSettingsResponse>, Problem>> GetTaxSettingsAsync(HttpContext context, IClusterClient cluster) =>
        (await Rules(cluster).FindAsync(PricingRuleKind.TaxSettings, TaxSettings.Id))
            .WithETag(context, rule => (int)rule.Version).Ok(rule => new TaxSettingsResponse(rule));

    private static async Task<Results<Ok<TaxSettingsResponse>, Problem>> SetTaxSettingsAsync(
        TaxSettingsRequest body, HttpContext context, IClusterClient cluster) =>
        (await Rules(cluster).PutAsync(body.ToRule(), ETags.IfMatch(context)))
            .WithETag(context, rule => (int)rule.Version).Ok(rule => new TaxSettingsResponse(rule));

    private static Task<Results<Ok<Page<RuleChange>>, Problem>> GetTaxSettingsHistoryAsync(
        IClusterClient cluster, [Cursor] string? cursor, [NumberRange(1, PageRequest.MaxLimit)] int limit = PageRequest.DefaultLimit) =>
        RuleHistory.ReadAsync(cluster, PricingRuleKind.TaxSettings, TaxSettings.Id, new PageRequest(limit, cursor));

    private static async Task<Results<Ok<PricingPreviewResponse>, Problem>> PreviewAsync(
        PricingPreviewRequest body, HttpContext context, IClusterClient cluster)
    {
        if (body.BesideCustomer is { } other)
            return new Problem(Error.Invalid("customerId", FieldFaults.NotWith(other)));
        var language = Messages.For(context.Request);
        return (await cluster.GetGrain<IPricingPreviewGrain>(0).PriceAsync(body.ToPreview()))
            .Ok(quote => PricingPreviewResponse.Of(quote, text => language.Text(text)));
    }

    private static async Task<Results<Ok<UserPricingResponse>, Problem>> GetCustomerAsync(
        Guid id, HttpContext context, IClusterClient cluster) =>
        (await cluster.GetGrain<IUserGrain>(id).GetPricingProfileAsync())
            .WithETag(context, profile => profile.Version).Ok(profile => UserPricingResponse.Of(id, profile));

    private static async Task<Results<Ok<UserPricingResponse>, Problem>> SetCustomerAsync(
        Guid id, UserPricingRequest body, HttpContext context, IClusterClient cluster) =>
        (await cluster.GetGrain<IUserGrain>(id).SetPricingProfileAsync(
            new PricingProfile([.. body.Groups!], body.TaxExemptionReason), ETags.IfMatch(context)))
            .WithETag(context, profile => profile.Version).Ok(profile => UserPricingResponse.Of(id, profile));

    private static IPricingRulesGrain Rules(IClusterClient cluster) => cluster.GetGrain<IPricingRulesGrain>(0);
}

/// <summary>What prices are to depend on of a customer.</summary>
public sealed record UserPricingRequest
{
    /// <summary>The ids of all customer groups that the customer is to be in. A group that is not there yet must exist.</summary>
    [RequiredField, MaxItems(PricingProfile.MaxGroups), Slugs] public string[]? Groups { get; init; }

    /// <summary>Why the customer pays no tax, such as a VAT number; null for a customer who pays it.</summary>
    [TextLength(PricingProfile.MaxReasonLength), Line] public string? TaxExemptionReason { get; init; }
}

/// <summary>What prices depend on of a customer.</summary>
/// <param name="Id">The id of the account.</param>
/// <param name="Groups">The ids of the customer groups, sorted.</param>
/// <param name="TaxExemptionReason">Why the customer pays no tax; null for a customer who pays it.</param>
internal sealed record UserPricingResponse(Guid Id, ImmutableArray<string> Groups, string? TaxExemptionReason)
{
    public static UserPricingResponse Of(Guid id, PricingProfile profile) => new(id, profile.Groups, profile.TaxExemptionReason);
}
