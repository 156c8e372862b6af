package page

import (
	"fmt"
	"reflect"

	"relink/internal/wording"
)

// Texts are all texts of a language's catalog, by where they stand; those that a page does not have are left out.
func Texts(l wording.Locale) map[string]string {
	all := map[string]string{}
	var walk func(name string, v reflect.Value)
	walk = func(name string, v reflect.Value) {
		switch v.Kind() {
		case reflect.String:
			if name != "locale" && v.Len() > 0 {
				all[name] = v.String()
			}
		case reflect.Struct:
			for i := range v.NumField() {
				field := v.Type().Field(i).Name
				if name != "" {
					field = name + "." + field
				}
				walk(field, v.Field(i))
			}
		case reflect.Slice, reflect.Array:
			for i := range v.Len() {
				if one := v.Index(i); one.Type() == reflect.TypeFor[word]() {
					all[name+"."+one.FieldByName("Name").String()] = one.FieldByName("Text").String()
				} else {
					walk(fmt.Sprintf("%s.%d", name, i), one)
				}
			}
		default:
			panic("a text of kind " + v.Kind().String())
		}
	}
	walk("", reflect.ValueOf(map[wording.Locale]func() catalog{
		wording.English: english, wording.Spanish: spanish, wording.French: french, wording.German: german,
	}[l]()))
	return all
}
