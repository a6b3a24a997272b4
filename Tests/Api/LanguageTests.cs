using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

/// <summary>Requests that fail name every wrong field, in the client's language.</summary>
[Collection(nameof(RunningShop))]
public sealed class LanguageTests(RunningShop shop)
{
    [Theory]
    [InlineData("en", "Validation failed", "is not a valid e-mail address")]
    [InlineData("zh-CN,zh;q=0.9,en;q=0.1", "验证失败", "不是有效的电子邮件地址")]
    public async Task a_problem_speaks_the_clients_language(string accept, string title, string message)
    {
        using var http = Accepting(accept);
        var reply = Expect.Invalid(
            "email", await (shop.Api with { Http = http }).PostAsync(
                "/auth/register", new { email = "nobody", password = "correct horse" }));
        Assert.Equal(title, reply.Text("title"));
        Assert.Equal(message, reply.Text("errors.email.0"));
        Assert.Equal(accept[..2], reply.Headers["Content-Language"]);
        Assert.Contains("Accept-Language", reply.Headers["Vary"], StringComparison.Ordinal);
        Assert.Equal(accept[..2], (await (shop.Api with { Http = http }).GetAsync("/no-such-thing")).Headers["Content-Language"]);
    }

    [Fact]
    public async Task chinese_clients_read_of_refusals_in_chinese()
    {
        using var http = Accepting("zh");
        var chinese = shop.Api with { Http = http };
        Assert.Equal("未找到商品 NONE。", Expect.Problem(404, "not-found", await chinese.GetAsync("/products/NONE")).Text("detail"));
        Assert.Equal("未登录", Expect.Problem(401, "unauthenticated", await chinese.GetAsync("/me")).Text("title"));
        var guest = await chinese.AsGuestAsync();
        Assert.Equal("购物车为空。", Expect.Problem(409, "cart-empty", await guest.OrderAsync()).Text("detail"));
    }

    [Fact]
    public async Task every_field_of_a_wrong_type_is_named_and_so_is_what_else_is_wrong()
    {
        var reply = Expect.Problem(400, "validation-failed", await shop.Admin.PostAsync("/products", Make.Json("""
            { "sku": "!", "name": 7, "description": {}, "category": "", "price": { "amount": "much", "currency": 1 },
              "images": [1, "https://example.com/a.jpg", []], "active": "yes" }
            """)));
        Assert.Equal(
            ["active", "category", "description", "images[0]", "images[2]", "name", "price.amount", "price.currency", "sku"],
            Expect.Fields(reply).Order(StringComparer.Ordinal));
        var address = Expect.Problem(400, "validation-failed", await shop.Admin.PostAsync("/orders", Make.Json("""
            { "shippingAddress": { "name": 1, "line1": "", "postalCode": "1", "country": "usa" }, "addressId": 5, "email": "x" }
            """), "every-field"));
        Assert.Equal(
            [
                "addressId", "email", "paymentMethod", "shippingAddress.city", "shippingAddress.country", "shippingAddress.line1",
                "shippingAddress.name",
            ],
            Expect.Fields(address).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task every_wrong_parameter_is_named()
    {
        Assert.Equal(
            ["inStock", "limit", "maxPrice", "minPrice", "q", "sort"],
            Expect.Fields(Expect.Problem(
                400, "validation-failed", await shop.Api.GetAsync("/products?limit=many&minPrice=-1&maxPrice=x&inStock=2&sort=up&q=%01")))
                .Order(StringComparer.Ordinal));
        Assert.Equal(
            ["limit", "minPrice", "sort"],
            Expect.Fields(Expect.Problem(400, "validation-failed", await shop.Api.GetAsync("/products?limit=101&minPrice=-1&sort=up")))
                .Order(StringComparer.Ordinal));
        Assert.Equal(
            ["customerId", "from", "status"],
            Expect.Fields(Expect.Problem(
                400, "validation-failed", await shop.Admin.GetAsync("/admin/orders?customerId=x&from=yesterday&status=lost")))
                .Order(StringComparer.Ordinal));
    }

    private HttpClient Accepting(string languages)
    {
        var http = new HttpClient { BaseAddress = shop.Api.Http.BaseAddress };
        http.DefaultRequestHeaders.Add("Accept-Language", languages);
        return http;
    }
}
