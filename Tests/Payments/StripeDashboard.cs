using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using SoonShop.StripeTesting;

namespace SoonShop.Tests.Payments;

/// <summary>What somebody does at Stripe beside the shop.</summary>
internal static class StripeDashboard
{
    /// <summary>Asks Stripe for something.</summary>
    public static async Task<JsonNode> AskAsync(this StripeServer stripe, string path, params (string Name, string Value)[] form)
    {
        using var http = new HttpClient { BaseAddress = new Uri(stripe.Url) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", stripe.Options.ApiKey);
        using var content = new FormUrlEncodedContent(form.Select(f => KeyValuePair.Create(f.Name, f.Value)));
        using var response = await http.PostAsync(path, content);
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, body);
        return JsonNode.Parse(body)!;
    }

    /// <summary>Takes a payment, for an order of the shop's or for nobody; answers its id.</summary>
    public static async Task<string> TakeAsync(this StripeServer stripe, long amount, string? order) =>
        (await stripe.AskAsync("/v1/payment_intents",
        [
            ("amount", $"{amount}"), ("currency", "usd"), ("confirm", "true"), ("payment_method", "pm_card_visa"),
            ("allowed_payment_method_types[]", "card"),
            .. order is null
                ? []
                : ((string, string)[])[("metadata[order_id]", order), ("metadata[soonshop_key]", $"{Guid.Parse(order):N}/attempt/0")],
        ]))["id"]!.GetValue<string>();
}
