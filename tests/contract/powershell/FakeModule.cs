// Copyright (c) 2026 Nightshift contributors
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
//
// Stands in for ansible-core's Ansible.Basic: defaults, types, choices and required_if, and an end that can be caught.
using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;

namespace Ansible.Basic
{
    public class ModuleEnd : Exception
    {
        public ModuleEnd(string message) : base(message) { }
    }

    public class AnsibleModule
    {
        public static IDictionary Arguments = new Hashtable();
        public static bool Check = false;
        public static AnsibleModule Last = null;

        public Hashtable Params = new Hashtable();
        public bool CheckMode = Check;
        public bool DiffMode = true;
        public Dictionary<string, object> Diff = new Dictionary<string, object>();
        public Dictionary<string, object> Result = new Dictionary<string, object>() { { "changed", false } };
        public List<object> Warnings = new List<object>();

        public static AnsibleModule Create(object[] args, IDictionary spec)
        {
            AnsibleModule module = new AnsibleModule();
            Last = module;
            IDictionary options = (IDictionary)Plain(spec["options"]);
            foreach (object name in Arguments.Keys)
            {
                if (!options.Contains(name)) module.FailJson("Unsupported parameters: " + name);
            }
            foreach (DictionaryEntry entry in options)
            {
                IDictionary option = (IDictionary)Plain(entry.Value);
                object value = Arguments.Contains(entry.Key) ? Plain(Arguments[entry.Key]) : null;
                if (value == null) value = Plain(option["default"]);
                if (value == null && option.Contains("required") && (bool)Plain(option["required"]))
                    module.FailJson("missing required arguments: " + entry.Key);
                module.Params[entry.Key] = value == null ? null : Convert(value, (string)Plain(option["type"]));
                if (value != null && option.Contains("options"))
                {
                    IDictionary inner = (IDictionary)Plain(option["options"]);
                    foreach (object item in Items(value))
                    {
                        foreach (DictionaryEntry part in inner)
                        {
                            IDictionary rule = (IDictionary)Plain(part.Value);
                            bool needed = rule.Contains("required") && (bool)Plain(rule["required"]);
                            if (needed && ((IDictionary)item)[part.Key] == null)
                                module.FailJson("missing required arguments: " + part.Key + " found in " + entry.Key);
                        }
                    }
                }
                if (value != null && option.Contains("choices"))
                {
                    List<object> given = (string)Plain(option["type"]) == "list" ? Items(value) : new List<object> { value };
                    foreach (object one in given)
                    {
                        if (!Items(option["choices"]).Contains(one))
                            module.FailJson("value of " + entry.Key + " must be one of the choices. Got no match for: " + one);
                    }
                }
            }
            if (spec.Contains("required_if"))
            {
                foreach (object rule in Items(spec["required_if"]))
                {
                    List<object> parts = Items(rule);
                    if (Equals(module.Params[parts[0]], parts[1]))
                        foreach (object name in Items(parts[2]))
                            if (module.Params[name] == null)
                                module.FailJson(parts[0] + " is " + parts[1] + " but all of the following are missing: " + name);
                }
            }
            return module;
        }

        private static object Plain(object value)
        {
            System.Management.Automation.PSObject wrapped = value as System.Management.Automation.PSObject;
            return wrapped == null ? value : wrapped.BaseObject;
        }

        private static List<object> Items(object value)
        {
            return ((IEnumerable)Plain(value)).Cast<object>().Select(Plain).ToList();
        }

        private static object Convert(object value, string type)
        {
            if (type == "int") return System.Convert.ToInt32(value);
            if (type == "list") return Items(value);
            return value;
        }

        public void Warn(string message) { Warnings.Add(message); }

        public void ExitJson()
        {
            if (Warnings.Count > 0) Result["warnings"] = Warnings.ToArray();
            if (Diff.Count > 0) Result["diff"] = Diff;
            throw new ModuleEnd("exit");
        }

        public void FailJson(string message)
        {
            Result["failed"] = true;
            Result["msg"] = message;
            throw new ModuleEnd("fail");
        }
    }
}
