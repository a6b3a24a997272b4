using SoonShop.Tests.Running;

namespace SoonShop.Tests.Api;

/// <summary>Customer groups over HTTP: what all rules do, the rules and customers that name them, and their customers.</summary>
[Collection(nameof(SecondRunningShop))]
public sealed class CustomerGroupTests(RunningShop shop)
{
    private ApiClient Admin => shop.Admin;

    [Fact]
    public async Task a_group_is_created_read_replaced_archived_and_restored()
    {
        var id = Make.Word();
        var path = $"/admin/customer-groups/{id}";
        var created = Expect.Status(
            201, await Admin.PostAsync("/admin/customer-groups", new { id, name = "Trade", description = "Shops" }));
        Assert.Equal($"/api/v1{path}", created.Headers["Location"]);
        Assert.Equal(("active", "Trade", "Shops"), (created.Text("status"), created.Text("name"), created.Text("description")));
        var read = Expect.Status(200, await Admin.GetAsync(path));
        Assert.Equal((created.Body, created.Headers["ETag"]), (read.Body, read.Headers["ETag"]));
        Assert.Contains(id, (await Admin.GetAsync("/admin/customer-groups?limit=100")).Body, StringComparison.Ordinal);

        var replaced = Expect.Status(200, await Admin.PutAsync(path, new { name = "Trade customers" }, read.Headers["ETag"]));
        Assert.Equal("Trade customers", replaced.Text("name"));
        Assert.Null(replaced["description"]);
        Expect.Problem(412, "precondition-failed", await Admin.PutAsync(path, new { name = "Trade" }, read.Headers["ETag"]));
        Expect.Problem(409, "conflict", await Admin.PostAsync("/admin/customer-groups", new { id, name = "Another" }));
        Expect.Status(204, await Admin.DeleteAsync(path, replaced.Headers["ETag"]));
        Assert.Equal("archived", Expect.Status(200, await Admin.GetAsync(path)).Text("status"));
        Assert.Equal("active", Expect.Status(200, await Admin.PutAsync(path, new { name = "Trade" })).Text("status"));
        var history = Expect.Status(200, await Admin.GetAsync($"{path}/history"));
        Assert.Equal(
            ["restore", "archive", "update", "create"], history["items"]!.AsArray().Select(c => c!["change"]!.GetValue<string>()));
    }

    [Fact]
    public async Task a_group_that_does_not_exist_is_named_by_no_new_rule_and_no_customer()
    {
        var customer = await Customer.RegisterAsync(shop.Api);
        using var http = new HttpClient { BaseAddress = shop.Api.Http.BaseAddress };
        http.DefaultRequestHeaders.Add("Accept-Language", "zh-CN");
        var chinese = Admin with { Http = http };
        string[] nowhere = ["nowhere"];
        Unknown("customerGroups[0]", await chinese.PostAsync("/admin/price-lists", new { name = "n", customerGroups = nowhere }));
        Unknown("customerGroups[0]", await chinese.PostAsync(
            "/admin/shipping/methods", new { name = "n", prices = Array.Empty<object>(), customerGroups = nowhere }));
        Unknown("conditions.customerGroups[0]", await chinese.PostAsync("/admin/promotions", new
        {
            name = "n",
            conditions = new { customerGroups = nowhere },
            action = new { kind = "orderDiscount", percentPpm = 1 },
        }));
        Unknown("groups[0]", await chinese.PutAsync(PathOf(customer), new { groups = nowhere }));

        // A customer stays in a group that is archived, and nobody joins it.
        var (id, other) = (await Admin.CreateGroupAsync(), await Admin.CreateGroupAsync());
        Expect.Status(200, await Admin.PutAsync(PathOf(customer), new { groups = new[] { id } }));
        Expect.Status(204, await Admin.DeleteAsync($"/admin/customer-groups/{id}"));
        Expect.Status(200, await Admin.PutAsync(PathOf(customer), new { groups = new[] { id, other } }));
        var late = await Customer.RegisterAsync(shop.Api);
        await Until.TrueAsync("nobody joins the group", TimeSpan.FromSeconds(60), async () =>
        {
            var joined = await Admin.PutAsync(PathOf(late), new { groups = new[] { id } });
            Expect.Status(200, await Admin.PutAsync(PathOf(late), new { groups = Array.Empty<string>() }));
            return (int)joined.Status == 400;
        });

        static string PathOf(Customer customer) => $"/admin/users/{customer.Id}/pricing";

        static void Unknown(string field, Reply reply) => Assert.Contains(
            "不是本店的客户组", Expect.Invalid(field, reply).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_group_that_a_rule_names_is_not_archived()
    {
        var id = await Admin.CreateGroupAsync();
        Expect.Status(201, await Admin.PostAsync("/admin/price-lists", new { id, name = "n", customerGroups = new[] { id } }));
        var used = Expect.Problem(409, "conflict", await Admin.DeleteAsync($"/admin/customer-groups/{id}"));
        Assert.Equal(
            $"The customer group {id} is still used by price-list/{id}. Change or archive them first.", used.Text("detail"));
        Expect.Status(204, await Admin.DeleteAsync($"/admin/price-lists/{id}"));
        Expect.Status(204, await Admin.DeleteAsync($"/admin/customer-groups/{id}"));
    }

    [Fact]
    public async Task the_customers_of_a_group_are_listed_in_pages()
    {
        var (id, other) = (await Admin.CreateGroupAsync(), await Admin.CreateGroupAsync());
        var customers = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            var customer = await Customer.RegisterAsync(shop.Api);
            customers.Add(customer.Id.ToString());
            Expect.Status(200, await Admin.PutAsync($"/admin/users/{customer.Id}/pricing", new { groups = new[] { other, id } }));
        }
        customers.Sort(StringComparer.Ordinal);
        var path = $"/admin/customer-groups/{id}/customers";
        var all = Expect.Status(200, await Admin.GetAsync(path));
        Assert.Equal(customers, IdsOf(all));
        Assert.Contains("@", all.Text("items.0.email"), StringComparison.Ordinal);
        Assert.NotEmpty(all.Text("items.0.displayName"));
        Assert.Null(all["nextCursor"]);
        var first = Expect.Status(200, await Admin.GetAsync($"{path}?limit=2"));
        Assert.Equal(customers[..2], IdsOf(first));
        Assert.Equal(customers[2..], IdsOf(Expect.Status(200, await Admin.GetAsync($"{path}?cursor={first.Text("nextCursor")}"))));
        Expect.Invalid("cursor", await Admin.GetAsync($"/admin/customer-groups/{other}/customers?cursor={first.Text("nextCursor")}"));

        Expect.Status(200, await Admin.PutAsync($"/admin/users/{customers[0]}/pricing", new { groups = new[] { other } }));
        Assert.Equal(customers[1..], IdsOf(Expect.Status(200, await Admin.GetAsync(path))));
        Expect.Problem(404, "not-found", await Admin.GetAsync($"/admin/customer-groups/{id}x/customers"));

        static IEnumerable<string> IdsOf(Reply page) => page["items"]!.AsArray().Select(i => i!["id"]!.GetValue<string>());
    }
}
