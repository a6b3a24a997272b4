using System.Text.Json.Nodes;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

[Collection(nameof(RunningShop))]
public sealed class AddressTests(RunningShop shop)
{
    [Theory]
    [InlineData("UK")]
    [InlineData("ZZ")]
    [InlineData("EU")]
    [InlineData("XK")]
    public async Task an_order_to_what_is_no_country_is_refused(string country)
    {
        var address = new { name = "Ada", line1 = "1 High St", city = "London", postalCode = "SW1Y 4JH", country };
        Expect.Invalid("shippingAddress.country", await OrderAsync(await FilledAsync(), address));
        var customer = await shop.Api.AsNewCustomerAsync();
        Expect.Invalid("country", await customer.PostAsync("/me/addresses", address));
        var saved = Expect.Status(201, await customer.PostAsync("/me/addresses", ApiClient.Address("GB"))).Text("id");
        Expect.Invalid("country", await customer.PutAsync($"/me/addresses/{saved}", address));
    }

    [Theory]
    [InlineData("HK", "Central", null, null)]
    [InlineData("AE", "Dubai", null, null)]
    [InlineData("AE", null, "Dubai", null)]
    [InlineData("SG", null, null, "018956")]
    [InlineData("IE", "Dublin", null, null)]
    public async Task an_order_needs_only_the_parts_that_its_country_has(string country, string? city, string? region, string? postalCode)
    {
        var guest = await FilledAsync();
        var order = Expect.Status(201, await OrderAsync(guest, new JsonObject
        {
            ["name"] = "Ada",
            ["line1"] = "1 High St",
            ["city"] = city,
            ["region"] = region,
            ["postalCode"] = postalCode,
            ["country"] = country,
        }));
        Assert.Equal((country, city ?? ""), (order.Text("shippingAddress.country"), order.Text("shippingAddress.city")));
        Assert.Equal(postalCode ?? "", order.Text("shippingAddress.postalCode"));
        Assert.Equal(order.Body, (await guest.GetAsync($"/orders/{order.Text("id")}")).Body);
    }

    [Fact]
    public async Task what_is_pasted_along_with_an_address_and_a_phone_number_is_taken_out_and_control_characters_are_refused()
    {
        var address = new JsonObject
        {
            ["name"] = "\uFEFFAda",
            ["line1"] = "1 High\u200B St",
            ["city"] = "\u2066London\u2069",
            ["postalCode"] = "\u200ESW1Y 4JH",
            ["country"] = "GB",
            ["phone"] = "\u202A+44 20 7946 0958\u202C",
        };
        var order = Expect.Status(201, await OrderAsync(await FilledAsync(), address.DeepClone()));
        Assert.Equal("+44 20 7946 0958", order.Text("shippingAddress.phone"));
        var customer = await shop.Api.AsNewCustomerAsync();
        var saved = Expect.Status(201, await customer.PostAsync("/me/addresses", address));
        Assert.Equal(
            ("Ada", "1 High St", "London", "SW1Y 4JH", "+44 20 7946 0958"),
            (saved.Text("name"), saved.Text("line1"), saved.Text("city"), saved.Text("postalCode"), saved.Text("phone")));

        foreach (var (member, text) in ((string, string)[])[
            ("phone", "+44\n20"), ("name", "Ada\u2028"), ("line1", "\u200B"), ("line2", "a\u0007b")])
        {
            var wrong = address.DeepClone();
            wrong[member] = text;
            Expect.Invalid(member, await customer.PostAsync("/me/addresses", wrong));
        }
        // What people are called stays as strict as it was.
        Expect.Invalid("displayName", await customer.PatchAsync("/me", new { displayName = "Ada\u202E" }));
    }

    [Fact]
    public async Task everything_that_is_wrong_with_an_address_is_named_at_once_and_in_chinese_too()
    {
        var guest = await FilledAsync();
        var address =
            new JsonObject { ["name"] = "", ["line1"] = "1 Main St", ["region"] = "Bavaria", ["postalCode"] = "x", ["country"] = "US" };
        var refused = Expect.Invalid("shippingAddress.city", await OrderAsync(guest, address.DeepClone()));
        Assert.Equal(
            ["shippingAddress.city", "shippingAddress.name", "shippingAddress.postalCode", "shippingAddress.region"],
            Expect.Fields(refused).Order(StringComparer.Ordinal));
        Assert.Equal(
            "is not a postal code of US; an example is 95014", refused["errors"]!["shippingAddress.postalCode"]![0]!.GetValue<string>());

        var body = new { email = "ada@example.com", paymentMethod = "pm_card_visa", shippingAddress = address };
        var chinese = await guest.SendAsync(
            HttpMethod.Post, "/orders", body, Guid.NewGuid().ToString(), more: ("Accept-Language", "zh-CN"));
        Assert.Equal("不是 US 的邮政编码；例如 95014", chinese["errors"]!["shippingAddress.postalCode"]![0]!.GetValue<string>());
        Assert.Equal("US 的地址必须填写此项", chinese["errors"]!["shippingAddress.city"]![0]!.GetValue<string>());
    }

    [Fact]
    public async Task an_address_is_kept_as_its_country_writes_it()
    {
        var customer = await shop.Api.AsNewCustomerAsync();
        var saved = Expect.Status(201, await customer.PostAsync("/me/addresses", new
        {
            name = "Ada  Lovelace ",
            line1 = "1 Market St",
            city = "San Francisco",
            region = "california",
            postalCode = "941051234",
            country = "US",
        }));
        Assert.Equal(("Ada Lovelace", "CA", "94105-1234"), (saved.Text("name"), saved.Text("region"), saved.Text("postalCode")));
        Assert.Equal(saved.Body, (await customer.GetAsync("/me/addresses"))["items"]![0]!.ToJsonString());
    }

    private async Task<ApiClient> FilledAsync()
    {
        var guest = await shop.Api.AsGuestAsync();
        await guest.FillCartAsync(await shop.Admin.CreateProductAsync());
        return guest;
    }

    private static Task<Reply> OrderAsync(ApiClient guest, object address) => guest.PostAsync(
        "/orders", new { email = "ada@example.com", paymentMethod = "pm_card_visa", shippingAddress = address }, Guid.NewGuid().ToString());
}
